package dev.spillway.batch.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.scheduling.FairShare;
import dev.spillway.batch.scheduling.ShareUse;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the shares of one queue use. A share is active while it has a job that has not ended, and
 * for as long after that as use counts. Held by one thread.
 */
final class ShareLedger {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, ShareUse> uses = new TreeMap<>();
  private final Map<String, Integer> live = new HashMap<>();
  private Map<String, Double> factors = Map.of();
  private FairShare factorsOf;

  /** The numbers of a policy. */
  static FairShare numbers(SchedulingPolicy policy) {
    try {
      JsonNode fair = JSON.readTree(policy.detail()).path("fairsharePolicy");
      List<FairShare.Weight> weights = new ArrayList<>();
      for (JsonNode share : fair.path("shareDistribution")) {
        weights.add(
            new FairShare.Weight(
                share.path("shareIdentifier").textValue(),
                share.path("weightFactor").doubleValue()));
      }
      return FairShare.of(
          fair.path("shareDecaySeconds").longValue(),
          fair.path("computeReservation").intValue(),
          List.copyOf(weights));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "scheduling policy " + policy.name() + " holds JSON that cannot be read", e);
    }
  }

  /** A job of that share is there from now on, or no more. */
  void live(String share, int change) {
    live.merge(share, change, (a, b) -> a + b == 0 ? null : Integer.valueOf(a + b));
  }

  /** An attempt of the job got its place, or ended, when {@code sign} is -1. */
  void hold(Job job, int sign, Instant at, Duration halfLife) {
    String share = Backlog.share(job.spec());
    ShareUse now = uses.get(share);
    if (now == null) {
      now = ShareUse.none(at);
    }
    uses.put(share, now.plus((long) sign * job.spec().needs().vcpuMillis(), at, halfLife));
  }

  /** Those that are active, each with its factor. */
  Map<String, Double> factors(FairShare policy, Instant now) {
    uses.entrySet()
        .removeIf(
            use ->
                !live.containsKey(use.getKey())
                    && use.getValue().vcpuMillis() == 0
                    && !use.getValue().at().plus(policy.window()).isAfter(now));
    Set<String> active = new HashSet<>(live.keySet());
    active.addAll(uses.keySet());
    if (!active.equals(factors.keySet()) || !policy.equals(factorsOf)) {
      factors = Map.copyOf(policy.factors(active));
      factorsOf = policy;
    }
    return factors;
  }

  /** What a share uses. */
  ShareUse use(String share, Instant now) {
    ShareUse use = uses.get(share);
    return use == null ? ShareUse.none(now) : use;
  }

  /** What each share holds that holds something. */
  Map<String, Long> held() {
    Map<String, Long> held = new TreeMap<>();
    uses.forEach(
        (share, use) -> {
          if (use.vcpuMillis() != 0) {
            held.put(share, use.vcpuMillis());
          }
        });
    return held;
  }
}
