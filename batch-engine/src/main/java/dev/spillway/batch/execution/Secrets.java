package dev.spillway.batch.execution;

/** Values that must not stand in a job definition. */
@FunctionalInterface
public interface Secrets {

  /** There are none. */
  Secrets NONE =
      valueFrom -> {
        throw new NotFoundException("there is no secret " + valueFrom);
      };

  /** The message names the secret and the way to provide it, never a value. */
  final class NotFoundException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NotFoundException(String message) {
      super(message);
    }
  }

  /**
   * The value of a secret.
   *
   * @param valueFrom ARN of a Secrets Manager secret (with {@code :json-key:stage:version}, of
   *     which the key counts), or ARN or name of an SSM parameter
   * @throws NotFoundException when there is none
   */
  String value(String valueFrom);
}
