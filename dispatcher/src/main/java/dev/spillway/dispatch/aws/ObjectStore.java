package dev.spillway.dispatch.aws;

import java.util.Optional;

/**
 * Port: the object store that payloads and results travel through.
 *
 * <p>Errors: what is absent is empty; all else that goes wrong is a {@link FailedException}, or
 * what the embedded store's disk throws.
 */
public interface ObjectStore {

  /** Payloads and results of tasks travel through it, unless {@code tasks.bucket} names another. */
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

  /** The store refused, or did not answer as it should; the message is the store's own. */
  final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * With its HTTP status.
     *
     * @param status 503 when it did not answer
     */
    public FailedException(int status, String message, Throwable cause) {
      super(message, cause);
      this.status = status;
    }

    public int status() {
      return status;
    }
  }
}
