package dev.spillway.batch.api.wire;

import dev.spillway.batch.Arns;
import dev.spillway.batch.api.PrefixedRefusal;
import dev.spillway.batch.job.Dependency;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * Reads {@code dependsOn}. Source: API JobDependency; user guide, job dependencies.
 *
 * @param dependencies each once
 * @param sequential each child of the array waits for the one before it
 */
public record DependsOnMembers(List<Dependency> dependencies, boolean sequential) {
  private static final int MOST = 20;

  /** {@code array}: the job that depends is one. */
  public static DependsOnMembers read(Members request, Arns arns, boolean array) {
    List<Members> entries = request.objects("dependsOn", "jobId", "type");
    if (entries.size() > MOST) {
      throw PrefixedRefusal.of("Job cannot have more than 20 dependencies");
    }
    SequencedSet<Dependency> dependencies = new LinkedHashSet<>();
    boolean sequential = false;
    for (Members entry : entries) {
      Optional<String> type = entry.oneOf("type", List.of("N_TO_N", "SEQUENTIAL"));
      if (entry.says("jobId")) {
        boolean nToN = type.equals(Optional.of("N_TO_N"));
        if (nToN && !array) {
          throw onlyArrays(entry, "N_TO_N");
        }
        dependencies.add(new Dependency(Names.jobId(entry.requiredText("jobId"), arns), nToN));
        continue;
      }
      if (!type.equals(Optional.of("SEQUENTIAL"))) {
        throw PrefixedRefusal.of(
            "%s is required, unless type is SEQUENTIAL.".formatted(entry.path("jobId")));
      }
      if (!array) {
        throw onlyArrays(entry, "SEQUENTIAL without a jobId");
      }
      sequential = true;
    }
    return new DependsOnMembers(List.copyOf(dependencies), sequential);
  }

  private static PrefixedRefusal onlyArrays(Members entry, String type) {
    return PrefixedRefusal.of(
        "%s %s is for array jobs; this job has no arrayProperties.size."
            .formatted(entry.path("type"), type));
  }
}
