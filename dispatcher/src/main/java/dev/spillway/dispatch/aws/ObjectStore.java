package dev.spillway.dispatch.aws;

import java.util.Optional;

/** Port: the object store that payloads and results travel through. */
public interface ObjectStore {

  /** Payloads and results of tasks travel through it; here the server makes it. */
  String TASKS_BUCKET = "spillway";

  /** A place in the store, {@code s3://bucket/key}. */
  record Location(String bucket, String key) {
    @Override
    public String toString() {
      return "s3://" + bucket + "/" + key;
    }
  }

  /** Writes an object; its bucket is created when absent. */
  void put(Location location, byte[] content);

  /** Reads an object whole; empty when it does not exist. */
  Optional<byte[]> get(Location location);

  /** Size in bytes; empty when it does not exist. */
  Optional<Long> size(Location location);

  /** Deletes an object; harmless when it does not exist. */
  void delete(Location location);
}
