package dev.spillway.handlers.thumbnail;

import dev.spillway.handlers.picture.Renditions;
import dev.spillway.handlers.workload.InvalidPayloadException;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.serde.annotation.Serdeable;

/**
 * Which picture, how wide.
 *
 * @param width of the thumbnail as seen, in pixels; a narrower picture keeps its own width
 * @param outBucket default: {@code bucket}
 * @param outPrefix default: {@code thumbnails/}
 */
@Serdeable
public record ThumbnailRequest(
    @Nullable String bucket,
    @Nullable String key,
    @Nullable Integer width,
    @Nullable String outBucket,
    @Nullable String outPrefix) {

  public ThumbnailRequest {
    bucket = given("bucket", bucket);
    key = given("key", key);
    if (width == null || width < 1 || width > Renditions.LARGEST_WIDTH) {
      throw new InvalidPayloadException(
          "width is "
              + width
              + "; give the thumbnail's width in pixels, 1 to "
              + Renditions.LARGEST_WIDTH);
    }
    outBucket = outBucket == null ? bucket : outBucket;
    outPrefix = outPrefix == null ? "thumbnails/" : outPrefix;
  }

  /** {@code a/b.jpeg} becomes {@code <outPrefix>a/b.jpg}; {@code b.png} keeps its whole name. */
  String outKey() {
    return outPrefix + key.replaceFirst("(?i)\\.jpe?g$", "") + ".jpg";
  }

  private static String given(String field, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw new InvalidPayloadException(
          field + " is missing; name the picture with bucket and key");
    }
    return value;
  }
}
