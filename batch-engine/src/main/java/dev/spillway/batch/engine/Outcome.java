package dev.spillway.batch.engine;

/** What the engine answers to one command. */
public sealed interface Outcome {

  record Done() implements Outcome {}

  /** The job; the first one when the idempotency key was seen before. */
  record Submitted(String jobId, String jobName) implements Outcome {}

  record Registered(int revision) implements Outcome {}

  /** The caller can mend it; the message is AWS's. */
  record Refused(String message) implements Outcome {}

  /** What the command was made from has changed since: read again, and ask again. */
  record LookAgain() implements Outcome {}
}
