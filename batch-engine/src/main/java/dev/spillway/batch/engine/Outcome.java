package dev.spillway.batch.engine;

import java.time.Instant;
import java.util.List;

/** What the engine answers to one command. */
public sealed interface Outcome {

  record Done() implements Outcome {}

  /** The job; the first one when the idempotency key was seen before. */
  record Submitted(String jobId, String jobName) implements Outcome {}

  record Registered(int revision) implements Outcome {}

  /** The front of a queue. */
  record QueueFront(List<Position> jobs) implements Outcome {

    /** A job that waits, and since when it can be at its place at the earliest. */
    public record Position(String jobId, Instant earliest) {}
  }

  /** The caller can mend it; the message is AWS's. */
  record Refused(String message) implements Outcome {}

  /** What the command was made from has changed since: read again, and ask again. */
  record LookAgain() implements Outcome {}
}
