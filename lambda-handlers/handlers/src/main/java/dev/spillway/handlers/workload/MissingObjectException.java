package dev.spillway.handlers.workload;

import java.io.IOException;

/** The bucket or the object is not there. */
public class MissingObjectException extends IOException {
  private static final long serialVersionUID = 1L;

  public MissingObjectException(String message, Throwable cause) {
    super(message, cause);
  }
}
