package dev.spillway.dispatch.task;

import java.util.List;

/** A refusal that the caller can act on; never our fault. */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The kinds, in AWS's words, with their HTTP status. */
  public enum Kind {
    VALIDATION("ValidationException", 400),
    NOT_FOUND("ResourceNotFoundException", 404),
    CONFLICT("ConflictException", 409),
    TOO_LARGE("RequestTooLargeException", 413),
    MEDIA_TYPE("UnsupportedMediaTypeException", 415),
    TOO_MANY("TooManyRequestsException", 429),
    UNAVAILABLE("ServiceUnavailableException", 503);

    private final String errorType;
    private final int status;

    Kind(String errorType, int status) {
      this.errorType = errorType;
      this.status = status;
    }

    public String errorType() {
      return errorType;
    }

    public int status() {
      return status;
    }
  }

  private final transient List<Fault> faults;
  private final Kind kind;

  public RefusedException(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
    this.faults = List.of();
  }

  /** A document with faults; all of them, at least one. */
  public RefusedException(List<Fault> faults) {
    super(faults.getFirst().message(), null, false, false);
    this.kind = Kind.VALIDATION;
    this.faults = List.copyOf(faults);
  }

  public static RefusedException notFound(String message) {
    return new RefusedException(Kind.NOT_FOUND, message);
  }

  public static RefusedException invalid(String field, String value, String message) {
    return new RefusedException(List.of(new Fault(field, value, message)));
  }

  public Kind kind() {
    return kind;
  }

  public List<Fault> faults() {
    return faults;
  }
}
