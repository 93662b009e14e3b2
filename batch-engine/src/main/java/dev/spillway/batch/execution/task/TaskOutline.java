package dev.spillway.batch.execution.task;

import dev.spillway.batch.execution.AttemptId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The containers of one attempt, and how they hang together.
 *
 * @param mainNode the node that decides how the attempt ends
 * @param containers node by node
 */
public record TaskOutline(AttemptId id, int mainNode, List<Container> containers) {

  /**
   * One container.
   *
   * @param unit what it is called below; the attempt itself where it is the only one
   * @param essential when it ends, its node ends
   * @param startTimeout how long it may wait for those that it depends on
   * @param stopTimeout between SIGTERM and SIGKILL; empty: the server's
   * @param log file that it writes to
   */
  public record Container(
      AttemptId unit,
      int node,
      Optional<String> name,
      boolean essential,
      List<After> after,
      Optional<Duration> startTimeout,
      Optional<Duration> stopTimeout,
      Path log) {}

  /** It starts when the named container of its node has come that far. */
  public record After(String name, Condition condition) {}

  /** Source: AWS Batch API, TaskContainerDependency. */
  public enum Condition {
    START,
    COMPLETE,
    SUCCESS
  }

  /** One container, which is the attempt; the only node of a multi-node job is a part of its. */
  public boolean single() {
    return containers.size() == 1 && containers.getFirst().unit().equals(id);
  }

  public int nodes() {
    return containers.getLast().node() + 1;
  }
}
