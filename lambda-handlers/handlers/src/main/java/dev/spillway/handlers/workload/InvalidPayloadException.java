package dev.spillway.handlers.workload;

/** The input cannot be worked on; the message names the field, the value and the rule. */
public class InvalidPayloadException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public InvalidPayloadException(String message) {
    super(message);
  }

  public InvalidPayloadException(String message, Throwable cause) {
    super(message, cause);
  }
}
