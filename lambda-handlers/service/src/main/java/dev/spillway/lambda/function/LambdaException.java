package dev.spillway.lambda.function;

import java.util.Optional;

/** A service error in Lambda's shape; function errors are not exceptions. */
public class LambdaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String errorType;
  private final int status;
  private final String reason;

  public LambdaException(String errorType, int status, String message, String reason) {
    super(message);
    this.errorType = errorType;
    this.status = status;
    this.reason = reason;
  }

  public LambdaException(String errorType, int status, String message) {
    this(errorType, status, message, null);
  }

  /** {@code ResourceNotFoundException} ...: the header {@code x-amzn-ErrorType}. */
  public String errorType() {
    return errorType;
  }

  /** HTTP status. */
  public int status() {
    return status;
  }

  /** The member {@code Reason} of a 429. */
  public Optional<String> reason() {
    return Optional.ofNullable(reason);
  }
}
