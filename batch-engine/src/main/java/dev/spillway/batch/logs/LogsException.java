package dev.spillway.batch.logs;

/** A call of the logs API that is refused, always with 400. */
public final class LogsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String errorType;

  private LogsException(String errorType, String message) {
    super(message);
    this.errorType = errorType;
  }

  public static LogsException invalid(String message) {
    return new LogsException("InvalidParameterException", message);
  }

  public static LogsException notFound(String message) {
    return new LogsException("ResourceNotFoundException", message);
  }

  public static LogsException unknown(String operation) {
    return new LogsException(
        "UnknownOperationException",
        operation
            + " is no operation of this server; of CloudWatch Logs it answers DescribeLogGroups,"
            + " DescribeLogStreams, GetLogEvents and FilterLogEvents.");
  }

  public String errorType() {
    return errorType;
  }
}
