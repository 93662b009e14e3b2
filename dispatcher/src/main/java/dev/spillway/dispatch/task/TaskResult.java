package dev.spillway.dispatch.task;

import java.util.Optional;

/** What a task came to: JSON text of up to 256 KiB, or the object that holds it. */
public record TaskResult(Optional<String> json, Optional<String> s3Uri) {
  /** Largest result kept with the task, bytes. */
  public static final int MOST_INLINE_BYTES = 256 * 1024;
}
