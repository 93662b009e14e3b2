package dev.spillway.batch.api;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;

/** A refusal in AWS Batch's shape: error type, HTTP status and a message the caller can act on. */
public class BatchApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String errorType;
  private final int status;

  public BatchApiException(String errorType, int status, String message) {
    super(message);
    this.errorType = errorType;
    this.status = status;
  }

  /** The caller can mend it: 400 {@code ClientException}. */
  public static BatchApiException client(String message) {
    return new BatchApiException("ClientException", 400, message);
  }

  /** {@code ClientException}, {@code ServerException} ...: the header {@code x-amzn-ErrorType}. */
  public String errorType() {
    return errorType;
  }

  /** HTTP status. */
  public int status() {
    return status;
  }

  /** In AWS's shape. */
  HttpResponse<String> answer() {
    return AwsErrors.answer(HttpStatus.valueOf(status), errorType, getMessage());
  }
}
