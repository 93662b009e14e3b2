package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.fallback.RetryPolicy;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.Route;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * A task as its user wrote it, over the workload's defaults.
 *
 * @param json the members, without payload; what is stored and read again
 * @param environment by name, in the order given
 * @param dependsOn at most 20
 * @param timeout the user's kill limit of one attempt
 * @param routes allow-list; empty means all
 * @param share passed on to Batch; functions know none
 */
public record TaskDocument(
    ObjectNode json,
    Optional<String> workload,
    Optional<Container> container,
    Map<String, String> environment,
    Optional<String> name,
    JsonNode payload,
    Optional<ObjectStore.Location> payloadS3Uri,
    List<Dependency> dependsOn,
    Optional<Duration> expectedDuration,
    Optional<Duration> timeout,
    OptionalDouble vcpus,
    OptionalLong memoryMib,
    OptionalLong diskMib,
    int gpus,
    boolean privileged,
    int nodes,
    Optional<String> imageType,
    Optional<String> architecture,
    RetryPolicy retryStrategy,
    Optional<Objective> objective,
    Optional<Punctuality> deadline,
    List<Route> routes,
    int priority,
    Optional<String> jobQueue,
    BatchGateway.Share share,
    Map<String, String> tags,
    Optional<String> idempotencyKey) {

  /** An image given in the task itself. */
  public record Container(String image, List<String> command) {}

  /** A task to wait for: by id, or by its name in the same file. */
  public sealed interface Dependency {
    record ById(String taskId) implements Dependency {}

    record ByName(String name) implements Dependency {}
  }

  /** What tables show: its name, else its workload or image. */
  public String title() {
    return name.or(() -> workload).or(() -> container.map(Container::image)).orElse("task");
  }
}
