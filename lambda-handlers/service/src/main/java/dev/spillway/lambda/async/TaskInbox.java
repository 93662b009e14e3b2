package dev.spillway.lambda.async;

import java.util.Optional;

/** Port: where documents for the dispatcher go. */
public interface TaskInbox {

  /** Where there is no dispatcher. */
  TaskInbox NONE = (_, _) -> Optional.of("there is no dispatcher here");

  /**
   * Submits a task document.
   *
   * @param key the same document under the same key is one task
   * @return why the dispatcher refuses it for good; empty when it has it
   */
  Optional<String> submit(byte[] document, String key);
}
