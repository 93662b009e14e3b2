package dev.spillway.batch.job;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Where and when an attempt was placed.
 *
 * @param computeEnvironment its name
 * @param cluster name of its ECS cluster
 * @param instanceId {@code i-} and 17 hexadecimal digits; of a multi-node job, the main node's
 * @param otherNodes instances of the other nodes of a multi-node job
 * @param taskId 32 hexadecimal digits, unique to the attempt
 */
public record Placement(
    String computeEnvironment,
    String cluster,
    String instanceId,
    List<String> otherNodes,
    String taskId,
    Instant placedAt) {

  /** Of all nodes, the main node's first. */
  public List<String> instances() {
    if (otherNodes.isEmpty()) {
      return List.of(instanceId);
    }
    List<String> all = new ArrayList<>();
    all.add(instanceId);
    all.addAll(otherNodes);
    return all;
  }
}
