package dev.spillway.handlers.thumbnail;

import io.micronaut.serde.annotation.Serdeable;

/**
 * The thumbnail that was written; the same record lies beside it as JSON, at {@code recordKey}.
 *
 * <p>Units: pixels, bytes, milliseconds; {@code sha256} in lower-case hexadecimal.
 */
@Serdeable
public record ThumbnailResult(
    String bucket,
    String key,
    String recordKey,
    int width,
    int height,
    int bytes,
    String sha256,
    Source source,
    long durationMillis) {

  /**
   * The picture it was made from.
   *
   * @param width as seen, orientation applied
   */
  @Serdeable
  public record Source(
      String bucket,
      String key,
      String format,
      int width,
      int height,
      int orientation,
      long bytes) {}
}
