package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.JourneyEvent;

/**
 * What the runner is told. Losing one in a crash is harmless: the store says what is left to do.
 */
public sealed interface Message {

  /** Something happened to a task. */
  record Happened(String taskId, JourneyEvent event) implements Message {}

  /** A task's wake-up is due. */
  record Wake(String taskId) implements Message {}

  /** A task was stored: send what its journey says is open. */
  record Send(String taskId) implements Message {}

  /** The server was started: the same, but what is open may have been sent before. */
  record Resume(String taskId) implements Message {}

  record FunctionStarted(String hopKey) implements Message {}

  record FunctionEnded(FunctionGateway.End end) implements Message {}

  record JobTold(BatchGateway.Event event) implements Message {}

  /** A hop has a place in a pack: it goes on disk, and the last one sends the pack. */
  record Join(String hopKey, Hop.Pack pack) implements Message {}

  /** Nobody like it came: a hop goes as a job of its own. */
  record SendAlone(String hopKey) implements Message {}

  /** The pack that a hop may have been sent in was never sent. */
  record NotPacked(String hopKey) implements Message {}

  /** Tasks ended: tell those that wait for them. */
  record Tell() implements Message {}

  /** Look for what has been kept long enough. */
  record Forget() implements Message {}
}
