package dev.spillway.dispatch.stack;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.lambda.function.FunctionConfiguration;
import java.util.List;

/**
 * What a template asks for, in the words of the services that will run it.
 *
 * @param kept what is in the template and not acted on here, one line each
 */
public record Stack(
    String template,
    List<Function> functions,
    List<BatchResource> computeEnvironments,
    List<BatchResource> jobQueues,
    List<BatchResource> jobDefinitions,
    List<Workload> workloads,
    List<BatchQueue> queues,
    List<String> kept) {

  /** Nothing is declared. */
  public static final Stack EMPTY =
      new Stack(
          "none", List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

  /** A function and its logical id. */
  public record Function(String logicalId, FunctionConfiguration configuration) {}

  /** A Batch resource: the request that creates it. */
  public record BatchResource(String logicalId, String name, ObjectNode request) {}
}
