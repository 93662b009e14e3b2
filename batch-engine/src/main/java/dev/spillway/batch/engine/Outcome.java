package dev.spillway.batch.engine;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What the engine answers to one command. */
public sealed interface Outcome {

  record Done() implements Outcome {}

  /** The job; the first one when the idempotency key was seen before. */
  record Submitted(String jobId, String jobName) implements Outcome {}

  record Registered(int revision) implements Outcome {}

  /** The front of a queue, and what its jobs hold. */
  record QueueFront(List<Position> jobs, Use use) implements Outcome {

    /** Thousandths of a vCPU; by share those that hold some. */
    public record Use(long vcpuMillis, Map<String, Long> byShare, int activeShares) {}

    /** A job that waits, and since when it can be at its place at the earliest. */
    public record Position(String jobId, Instant earliest) {}
  }

  /** The caller can mend it; the message is AWS's. */
  record Refused(String message) implements Outcome {}

  /** What the command was made from has changed since: read again, and ask again. */
  record LookAgain() implements Outcome {}
}
