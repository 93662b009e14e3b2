package dev.spillway.dispatch.fallback;

import java.util.Optional;

/** Why a hop did not succeed. */
public enum Cause {
  TIMEOUT("timeout", "it ran out of time"),
  OUT_OF_MEMORY("out-of-memory", "it ran out of memory"),
  DISK_FULL("disk-full", "its disk was full"),
  TOO_LARGE("too-large", "what went in or came out was too large for it"),
  THROTTLED("throttled", "it was throttled"),
  UNAVAILABLE("unavailable", "the service did not answer as it should"),
  FUNCTION_MISSING("function-missing", "the function does not exist"),
  FAILED_TO_START("failed-to-start", "it could not be started"),
  HOST_LOST("host-lost", "its host was lost"),
  CRASHED("crashed", "its runtime crashed"),
  /** Calls to the place fail so often that none is made for a while. */
  CIRCUIT_OPEN("circuit-open", "too many calls to it had failed, so none is made for a while"),
  /** A job stayed in its queue for longer than {@code fallback.noCapacityAfter}. */
  NO_CAPACITY("no-capacity", "it had no place for it"),
  /** The code's own failure; also what no entry of the table knows. */
  APPLICATION("application", "the code failed");

  private final String word;
  private final String sentence;

  Cause(String word, String sentence) {
    this.word = word;
    this.sentence = sentence;
  }

  /** The word in the table of causes and in answers. */
  public String word() {
    return word;
  }

  /** Continues "the hop failed because". */
  public String sentence() {
    return sentence;
  }

  /** True for what goes away by waiting. */
  public boolean passing() {
    return this == THROTTLED || this == UNAVAILABLE;
  }

  /** Finds a cause by its word. */
  public static Optional<Cause> of(String word) {
    for (Cause cause : values()) {
      if (cause.word.equals(word)) {
        return Optional.of(cause);
      }
    }
    return Optional.empty();
  }
}
