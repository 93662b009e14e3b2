package dev.spillway.lambda.function;

/** Where the code of a function comes from, as a request says it. */
public sealed interface CodeSource {
  /** The archive itself. */
  record Zip(byte[] archive) implements CodeSource {}

  /** An archive in the object store. */
  record S3(String bucket, String key) implements CodeSource {}

  /** A container image. */
  record Image(String uri) implements CodeSource {}
}
