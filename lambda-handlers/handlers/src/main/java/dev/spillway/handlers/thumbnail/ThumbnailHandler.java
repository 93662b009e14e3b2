package dev.spillway.handlers.thumbnail;

import dev.spillway.handlers.picture.PictureHeader;
import dev.spillway.handlers.picture.Renditions;
import dev.spillway.handlers.picture.UnreadablePictureException;
import dev.spillway.handlers.workload.Payloads;
import dev.spillway.handlers.workload.S3Location;
import dev.spillway.handlers.workload.Scratch;
import dev.spillway.handlers.workload.Workload;
import dev.spillway.handlers.workload.WorkloadHandler;
import io.micronaut.core.annotation.Introspected;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Makes a thumbnail.
 *
 * <p>Scratch: the picture's own size. Memory: see {@code PictureDecoder}; it does not grow with the
 * picture, progressive JPEGs apart.
 */
@Workload("thumbnail")
@Introspected
public class ThumbnailHandler extends WorkloadHandler<ThumbnailRequest, ThumbnailResult> {
  public ThumbnailHandler() {
    super(ThumbnailRequest.class);
  }

  @Override
  protected ThumbnailResult run(ThumbnailRequest request) throws IOException {
    long start = System.nanoTime();
    var from = new S3Location(request.bucket(), request.key());
    var to = new S3Location(request.outBucket(), request.outKey());
    var record = new S3Location(to.bucket(), to.key().replaceFirst("\\.jpg$", ".json"));
    try (var scratch = new Scratch("thumbnail")) {
      Path file = scratch.file("picture");
      long bytes = objects().download(from, file);
      PictureHeader header = PictureHeader.read(file);
      Renditions.Rendition made = Renditions.of(file, header, request.width());
      objects().write(made.jpeg(), to, "image/jpeg");
      var result =
          new ThumbnailResult(
              to.bucket(),
              to.key(),
              record.key(),
              made.width(),
              made.height(),
              made.jpeg().length,
              Payloads.sha256(made.jpeg()),
              source(from, header, bytes),
              (System.nanoTime() - start) / 1_000_000);
      objects().write(json().writeValueAsBytes(result), record, "application/json");
      return result;
    } catch (UnreadablePictureException e) {
      throw new UnreadablePictureException(from + ": " + e.getMessage(), e);
    }
  }

  private static ThumbnailResult.Source source(S3Location from, PictureHeader header, long bytes) {
    return new ThumbnailResult.Source(
        from.bucket(),
        from.key(),
        header.format().name().toLowerCase(Locale.ROOT),
        header.uprightWidth(),
        header.uprightHeight(),
        header.orientation(),
        bytes);
  }
}
