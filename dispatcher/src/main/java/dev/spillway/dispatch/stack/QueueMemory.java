package dev.spillway.dispatch.stack;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.batch.capacity.Catalogue;
import dev.spillway.batch.capacity.InstanceType;
import dev.spillway.dispatch.stack.Stack.BatchResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How much memory one job of a queue can have: that of the largest instance its environments may
 * launch, less what the instance keeps for itself.
 *
 * <p>Source: AWS Batch User Guide, compute resource memory management; a {@code c5.large} of 4,096
 * MiB registers about 3,700.
 */
final class QueueMemory {
  private static final long FOR_JOBS_PERCENT = 90;

  private QueueMemory() {}

  /** MiB; {@link Long#MAX_VALUE} for a queue or types that are not known. */
  static long mostMib(Stack stack, String jobQueue) {
    return named(stack.jobQueues(), jobQueue).stream()
        .flatMap(queue -> environments(stack, queue).stream())
        .mapToLong(QueueMemory::largest)
        .max()
        .orElse(Long.MAX_VALUE);
  }

  private static List<BatchResource> environments(Stack stack, BatchResource queue) {
    List<BatchResource> found = new ArrayList<>();
    for (JsonNode entry : queue.request().path("computeEnvironmentOrder")) {
      String reference = entry.path("computeEnvironment").asText();
      named(stack.computeEnvironments(), reference.substring(reference.lastIndexOf('/') + 1))
          .ifPresent(found::add);
    }
    return found;
  }

  private static Optional<BatchResource> named(List<BatchResource> resources, String name) {
    return resources.stream().filter(r -> r.name().equals(name)).findFirst();
  }

  private static long largest(BatchResource environment) {
    JsonNode resources = environment.request().path("computeResources");
    List<String> given = new ArrayList<>();
    resources.path("instanceTypes").forEach(type -> given.add(type.asText()));
    List<InstanceType> types = Catalogue.builtIn().expand(given);
    long mostMillis = resources.path("maxvCpus").asLong() * 1000;
    List<InstanceType> within =
        types.stream().filter(type -> type.size().vcpuMillis() <= mostMillis).toList();
    // A strategy may launch one instance over maxvCpus, so a small environment has its types all.
    return (within.isEmpty() ? types : within)
        .stream()
            .mapToLong(type -> type.size().memoryMib() * FOR_JOBS_PERCENT / 100)
            .max()
            .orElse(Long.MAX_VALUE);
  }
}
