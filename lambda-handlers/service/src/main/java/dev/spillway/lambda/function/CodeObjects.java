package dev.spillway.lambda.function;

import java.util.Optional;

/** Port: the object store that {@code S3Bucket} and {@code S3Key} mean. */
public interface CodeObjects {

  /** Without one: every object is absent. */
  CodeObjects NONE = (_, _) -> Optional.empty();

  /** An object whole; empty when it does not exist. */
  Optional<byte[]> read(String bucket, String key);
}
