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
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A task as its user wrote it, over the workload's defaults.
 *
 * @param json the members, without payload; what is stored and read again
 * @param environment by name, in the order given
 * @param array given for an array of tasks
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
    Optional<ArrayOf> array,
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

  /**
   * An array of children.
   *
   * @param size 2 or more; empty when the number of lines tells
   * @param payloadsS3Uri an object whose line n is the payload of child n; without it all have the
   *     task's payload and their index
   */
  public record ArrayOf(OptionalInt size, Optional<ObjectStore.Location> payloadsS3Uri) {}

  /** A task to wait for: by id, or by its name in the same file; or child for child. */
  public sealed interface Dependency {

    /**
     * By id.
     *
     * @param each child n waits for child n of that array, not for the whole of it
     */
    record ById(String taskId, boolean each) implements Dependency {}

    /** By name; {@code each} as in {@link ById}. */
    record ByName(String name, boolean each) implements Dependency {}

    /** Child n of an array waits for child n - 1. */
    record Sequential() implements Dependency {}
  }

  /** What tables show: its name, else its workload or image. */
  public String title() {
    return name.or(() -> workload).or(() -> container.map(Container::image)).orElse("task");
  }
}
