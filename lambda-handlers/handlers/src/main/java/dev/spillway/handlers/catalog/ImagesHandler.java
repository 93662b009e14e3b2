package dev.spillway.handlers.catalog;

import dev.spillway.handlers.picture.PictureHeader;
import dev.spillway.handlers.picture.Renditions;
import dev.spillway.handlers.picture.UnreadablePictureException;
import dev.spillway.handlers.workload.MissingObjectException;
import dev.spillway.handlers.workload.Scratch;
import dev.spillway.handlers.workload.Workload;
import dev.spillway.handlers.workload.WorkloadHandler;
import io.micronaut.core.annotation.Introspected;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the sizes of every distinct product picture that a shop window needs.
 *
 * <p>Scratch: the packed items, the pictures' names, and one picture at a time. <br>
 * Errors: a picture that is missing or unreadable is counted and named, the shop goes on; when none
 * of several could be made, the step fails.
 */
@Workload("catalog-images")
@Introspected
public class ImagesHandler extends WorkloadHandler<ShopRequest, ImagesResult> {
  /** What the feed links to. */
  static final int LARGEST = 800;

  private static final int[] WIDTHS = {LARGEST, 400, 120};
  private static final int NAMED_FAULTS = 20;

  /** Pictures seen lately are not noted again: most items share one with their neighbours. */
  private static final int RECENT = 4096;

  public ImagesHandler() {
    super(ShopRequest.class);
  }

  /** What one run has made so far. */
  private static final class Counts {
    long items;
    long pictures;
    long renditions;
    long unreadable;
    final List<String> faults = new ArrayList<>();
  }

  @Override
  protected ImagesResult run(ShopRequest shop) throws IOException {
    long start = System.nanoTime();
    var counts = new Counts();
    try (var scratch = new Scratch("images");
        var distinct = new DistinctLines(scratch.file("names"))) {
      Path items = scratch.file("items.jsonl.gz");
      objects().download(shop.items(), items);
      note(items, distinct, counts);
      Files.delete(items);
      distinct.drain(
          name ->
              renditions(
                  shop,
                  new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8),
                  scratch.file("picture"),
                  counts));
    }
    if (counts.pictures > 0 && counts.unreadable == counts.pictures) {
      throw new UnreadablePictureException(
          "none of the %d pictures of shop %s could be read; the first: %s"
              .formatted(counts.pictures, shop.shop(), counts.faults.getFirst()));
    }
    return new ImagesResult(
        shop.shop(),
        counts.items,
        counts.pictures,
        counts.renditions,
        counts.unreadable,
        counts.faults,
        (System.nanoTime() - start) / 1_000_000);
  }

  private static void note(Path items, DistinctLines distinct, Counts counts) throws IOException {
    Map<String, Boolean> recent =
        new LinkedHashMap<>(RECENT, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > RECENT;
          }
        };
    try (ItemLines lines = ItemLines.read(items)) {
      for (Item item = lines.next(); item != null; item = lines.next()) {
        counts.items++;
        String picture = item.picture().replace('\t', ' ').replace('\n', ' ');
        if (!picture.isBlank() && recent.put(picture, true) == null) {
          distinct.add(picture, picture, picture.getBytes(StandardCharsets.UTF_8));
        }
      }
    }
  }

  private void renditions(ShopRequest shop, String picture, Path file, Counts counts)
      throws IOException {
    counts.pictures++;
    try {
      objects().download(shop.picture(picture), file);
      PictureHeader header = PictureHeader.read(file);
      for (int width : WIDTHS) {
        Renditions.Rendition made = Renditions.of(file, header, width);
        objects().write(made.jpeg(), shop.rendition(picture, width), "image/jpeg");
        counts.renditions++;
      }
    } catch (MissingObjectException | UnreadablePictureException e) {
      counts.unreadable++;
      if (counts.faults.size() < NAMED_FAULTS) {
        counts.faults.add(picture + ": " + e.getMessage());
      }
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
