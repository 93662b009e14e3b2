package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.jobdefinition.JobDefinition;

/**
 * What a submitted job comes to: its definition, with the request's overrides merged and its
 * parameters put in. These are the members of DescribeJobs that never change after SubmitJob.
 *
 * <p>Source: API SubmitJob, JobDetail; user guide, job definition parameters.
 */
public final class EffectiveJob {
  private EffectiveJob() {}

  /** The members, for a request and the definition that it names. */
  public static ObjectNode of(Members request, JobDefinition definition) {
    ObjectNode defined = Json.read(definition.detail());
    ObjectNode parameters = (ObjectNode) defined.get("parameters");
    parameters.setAll(request.map("parameters"));
    ObjectNode container =
        ContainerMembers.merge(
            (ObjectNode) defined.get("containerProperties"), request, definition.fargate());
    ContainerMembers.substitute(container, parameters);

    ObjectNode detail = Json.object();
    ObjectNode retry =
        RetryMembers.retryStrategy(request).orElse((ObjectNode) defined.get("retryStrategy"));
    if (retry == null) {
      retry = Json.object().put("attempts", 1);
      retry.putArray("evaluateOnExit");
    }
    detail.set("retryStrategy", retry);
    ArrayNode dependsOn = detail.putArray("dependsOn");
    request.objects("dependsOn", "jobId", "type").forEach(d -> dependsOn.add(d.json()));
    detail.set("parameters", parameters);
    detail.set("container", ContainerMembers.withEmptyLists(container));
    RetryMembers.timeout(request)
        .ifPresentOrElse(
            t -> detail.putObject("timeout").put("attemptDurationSeconds", t.toSeconds()),
            () -> {
              if (defined.has("timeout")) {
                detail.set("timeout", defined.get("timeout"));
              }
            });
    detail.set("tags", request.tags());
    detail.put(
        "propagateTags",
        request.bool("propagateTags").orElse(defined.get("propagateTags").booleanValue()));
    detail.set("platformCapabilities", defined.get("platformCapabilities"));
    return detail;
  }
}
