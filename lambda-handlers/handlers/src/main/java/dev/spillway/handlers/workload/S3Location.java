package dev.spillway.handlers.workload;

/**
 * One object's place.
 *
 * @param key without a leading slash
 */
public record S3Location(String bucket, String key) {
  private static final String SCHEME = "s3://";

  public S3Location {
    if (bucket == null || bucket.isBlank() || key == null || key.isBlank()) {
      throw new InvalidPayloadException("an S3 object needs a bucket and a key");
    }
  }

  /** Reads {@code s3://bucket/key}. */
  public static S3Location parse(String uri) {
    int slash = uri.startsWith(SCHEME) ? uri.indexOf('/', SCHEME.length()) : -1;
    if (slash <= SCHEME.length() || slash == uri.length() - 1) {
      throw new InvalidPayloadException(
          "\"" + uri + "\" is not an S3 object; give s3://bucket/key");
    }
    return new S3Location(uri.substring(SCHEME.length(), slash), uri.substring(slash + 1));
  }

  @Override
  public String toString() {
    return SCHEME + bucket + "/" + key;
  }
}
