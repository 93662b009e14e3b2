package dev.spillway.handlers.catalog;

import dev.spillway.handlers.workload.InvalidPayloadException;
import dev.spillway.handlers.workload.S3Location;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.serde.annotation.Serdeable;

/**
 * Which shop, and where its objects lie. All three steps take it.
 *
 * @param shop lower-case letters, digits, {@code . _ -}; part of every key
 * @param bucket default: environment variable {@code CATALOG_BUCKET}, else {@code catalog}
 * @param rawPrefix the raw catalogue is every object below it, in key order; default {@code
 *     raw/<shop>/}
 * @param outPrefix default {@code shops/<shop>/}
 * @param imageBaseUrl what the feed's picture links begin with; default: the bucket's address at
 *     Amazon S3
 */
@Serdeable
public record ShopRequest(
    @Nullable String shop,
    @Nullable String bucket,
    @Nullable String rawPrefix,
    @Nullable String outPrefix,
    @Nullable String imageBaseUrl) {

  public ShopRequest {
    if (shop == null || !shop.matches("[a-z0-9][a-z0-9._-]{0,62}")) {
      throw new InvalidPayloadException(
          "shop is \""
              + shop
              + "\"; give 1 to 63 lower-case letters, digits, dots, hyphens or underscores");
    }
    if (bucket == null) {
      String configured = System.getenv("CATALOG_BUCKET");
      bucket = configured == null || configured.isBlank() ? "catalog" : configured;
    }
    rawPrefix = rawPrefix == null ? "raw/" + shop + "/" : rawPrefix;
    outPrefix = outPrefix == null ? "shops/" + shop + "/" : outPrefix;
    imageBaseUrl = imageBaseUrl == null ? "https://" + bucket + ".s3.amazonaws.com/" : imageBaseUrl;
  }

  S3Location items() {
    return new S3Location(bucket, outPrefix + "items.jsonl.gz");
  }

  S3Location summary() {
    return new S3Location(bucket, outPrefix + "summary.json");
  }

  S3Location feed() {
    return new S3Location(bucket, outPrefix + "feed.xml.gz");
  }

  S3Location picture(String key) {
    return new S3Location(bucket, key);
  }

  /** Feed and pictures are made at the same time by two jobs: this rule is what they share. */
  S3Location rendition(String picture, int width) {
    String name = picture.replaceFirst("\\.[A-Za-z]{3,4}$", "");
    return new S3Location(bucket, outPrefix + "images/" + name + "-" + width + ".jpg");
  }
}
