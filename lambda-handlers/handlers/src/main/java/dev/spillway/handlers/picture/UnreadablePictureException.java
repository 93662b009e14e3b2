package dev.spillway.handlers.picture;

import java.io.IOException;

/** The file is not a picture that can be read; the message says what it seems to be. */
public class UnreadablePictureException extends IOException {
  private static final long serialVersionUID = 1L;

  public UnreadablePictureException(String message) {
    super(message);
  }

  public UnreadablePictureException(String message, Throwable cause) {
    super(message, cause);
  }
}
