package dev.spillway.batch.computeenvironment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What decisions need of an environment's members.
 *
 * @param maxVcpus of an unmanaged one without a bound: it holds what its hosts hold
 * @param desiredVcpus that a caller asked for
 * @param instanceTypes as given: sizes, families, bundles
 * @param bidPercentage of on-demand, 0 to 100
 * @param keepIdle how long an idle instance is kept; empty for the engine's own
 * @param placementGroup its name
 * @param backfill jobs may pass the head of their queue on it: tag {@code spillway:backfill}
 * @param instanceTimeout what a running job is given when its instance is replaced; zero when it is
 *     ended at once
 */
public record ComputeResources(
    Kind kind,
    int minVcpus,
    int desiredVcpus,
    int maxVcpus,
    AllocationStrategy strategy,
    List<String> instanceTypes,
    int bidPercentage,
    Optional<Duration> keepIdle,
    Optional<String> placementGroup,
    boolean backfill,
    Duration instanceTimeout) {
  /** The tag that opens an environment for jobs which pass the head of their queue. */
  public static final String BACKFILL_TAG = "spillway:backfill";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Source: API ComputeResource, type; UNMANAGED has no such member. */
  public enum Kind {
    EC2,
    SPOT,
    FARGATE,
    FARGATE_SPOT,
    UNMANAGED;

    /** Has no instances: a slot for each job. */
    public boolean fargate() {
      return this == FARGATE || this == FARGATE_SPOT;
    }

    /** Its instances are launched and retired. */
    public boolean scales() {
      return this == EC2 || this == SPOT;
    }

    /** What runs there can be reclaimed. */
    public boolean spot() {
      return this == SPOT || this == FARGATE_SPOT;
    }
  }

  /** The last instance may go beyond {@code maxvCpus}: BEST_FIT on demand alone never does. */
  public boolean mayGoOver() {
    return strategy != AllocationStrategy.BEST_FIT || kind == Kind.SPOT;
  }

  /** {@code detail} as {@link ComputeEnvironment} keeps it. */
  public static ComputeResources of(String detail) {
    JsonNode all;
    try {
      all = JSON.readTree(detail);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a compute environment holds JSON that cannot be read", e);
    }
    JsonNode own = all.path("computeResources");
    boolean managed = all.path("type").asText("MANAGED").equals("MANAGED");
    List<String> types = new ArrayList<>();
    own.path("instanceTypes").forEach(t -> types.add(t.asText()));
    int delay = own.path("scalingPolicy").path("minScaleDownDelayMinutes").asInt(0);
    String group = own.path("placementGroup").asText("");
    JsonNode policy = all.path("updatePolicy");
    return new ComputeResources(
        managed ? Kind.valueOf(own.path("type").asText("FARGATE")) : Kind.UNMANAGED,
        own.path("minvCpus").asInt(0),
        own.path("desiredvCpus").asInt(0),
        managed ? own.path("maxvCpus").asInt() : Integer.MAX_VALUE,
        AllocationStrategy.valueOf(own.path("allocationStrategy").asText("BEST_FIT")),
        List.copyOf(types),
        own.path("bidPercentage").asInt(100),
        delay == 0 ? Optional.empty() : Optional.of(Duration.ofMinutes(delay)),
        group.isEmpty() ? Optional.empty() : Optional.of(group),
        all.path("tags").path(BACKFILL_TAG).asText().equals("true"),
        policy.path("terminateJobsOnUpdate").asBoolean(false)
            ? Duration.ZERO
            : Duration.ofMinutes(policy.path("jobExecutionTimeoutMinutes").asInt(30)));
  }
}
