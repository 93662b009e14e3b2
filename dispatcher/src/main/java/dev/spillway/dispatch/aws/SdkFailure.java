package dev.spillway.dispatch.aws;

import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.lambda.model.TooManyRequestsException;

/**
 * What the SDK throws, as status, error type and message. A service that did not answer is a 503.
 *
 * @param unclear whether the service may have done it all the same
 */
record SdkFailure(int status, String errorType, String message, boolean unclear) {

  static SdkFailure of(SdkException failure) {
    return switch (failure) {
      case TooManyRequestsException e ->
          new SdkFailure(429, "TooManyRequestsException", throttled(e), false);
      case AwsServiceException e ->
          new SdkFailure(e.statusCode(), code(e), said(e), e.statusCode() >= 500);
      default ->
          new SdkFailure(
              503, "ServiceUnavailableException", String.valueOf(failure.getMessage()), true);
    };
  }

  /**
   * Which of Lambda's limits it was decides what helps: {@code Rate Exceeded.} alone does not say.
   */
  private static String throttled(TooManyRequestsException e) {
    StringBuilder text = new StringBuilder(said(e));
    if (e.reasonAsString() != null) {
      text.append(" (").append(e.reasonAsString());
      if (e.retryAfterSeconds() != null) {
        text.append("; retry after ").append(e.retryAfterSeconds()).append(" s");
      }
      text.append(')');
    }
    return text.toString();
  }

  private static String code(AwsServiceException e) {
    return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
        ? "ServiceException"
        : e.awsErrorDetails().errorCode();
  }

  private static String said(AwsServiceException e) {
    return e.awsErrorDetails() == null || e.awsErrorDetails().errorMessage() == null
        ? String.valueOf(e.getMessage())
        : e.awsErrorDetails().errorMessage();
  }
}
