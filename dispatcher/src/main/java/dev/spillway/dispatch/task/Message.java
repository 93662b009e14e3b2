package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.fallback.JourneyEvent;

/**
 * What the runner is told. Losing one in a crash is harmless: the store says what is left to do.
 */
public sealed interface Message {

  /** Something happened to a task. */
  record Happened(String taskId, JourneyEvent event) implements Message {}

  /** A task's wake-up is due. */
  record Wake(String taskId) implements Message {}

  /** A task was stored, or the server was started: send what its journey says is open. */
  record Send(String taskId) implements Message {}

  record FunctionStarted(String hopKey) implements Message {}

  record FunctionEnded(FunctionGateway.End end) implements Message {}

  record JobChanged(String jobId) implements Message {}

  /** Tasks ended: tell those that wait for them. */
  record Tell() implements Message {}

  /** Look for what has been kept long enough. */
  record Forget() implements Message {}
}
