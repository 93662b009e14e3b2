package dev.spillway.dispatch.aws;

import dev.spillway.dispatch.aws.BatchGateway.Definition;
import dev.spillway.dispatch.aws.BatchGateway.Job;
import dev.spillway.dispatch.aws.BatchGateway.JobAttempt;
import dev.spillway.dispatch.aws.BatchGateway.Start;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import software.amazon.awssdk.services.batch.model.AttemptDetail;
import software.amazon.awssdk.services.batch.model.ContainerOverrides;
import software.amazon.awssdk.services.batch.model.ContainerProperties;
import software.amazon.awssdk.services.batch.model.EvaluateOnExit;
import software.amazon.awssdk.services.batch.model.JobDefinitionType;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.KeyValuePair;
import software.amazon.awssdk.services.batch.model.RegisterJobDefinitionRequest;
import software.amazon.awssdk.services.batch.model.ResourceRequirement;
import software.amazon.awssdk.services.batch.model.ResourceType;
import software.amazon.awssdk.services.batch.model.RetryAction;
import software.amazon.awssdk.services.batch.model.SubmitJobRequest;

/**
 * Hops and definitions to Batch's requests, JobDetail to what is seen of a job, in the SDK's types.
 */
final class SdkJobs {
  private SdkJobs() {}

  /** SubmitJob of a hop. */
  static SubmitJobRequest submit(Start start) {
    Map<String, String> tags = new LinkedHashMap<>(start.tags());
    tags.put(BatchJson.Retries.KEY_TAG, start.hopKey());
    SubmitJobRequest.Builder request =
        SubmitJobRequest.builder()
            .jobName(start.jobName())
            .jobQueue(start.jobQueue())
            .jobDefinition(start.jobDefinition())
            .parameters(start.parameters())
            .containerOverrides(overrides(start))
            .retryStrategy(r -> r.attempts(BatchJson.Retries.ATTEMPTS).evaluateOnExit(retryRules()))
            .tags(tags);
    start.arraySize().ifPresent(n -> request.arrayProperties(a -> a.size(n)));
    start.timeoutSeconds().ifPresent(n -> request.timeout(t -> t.attemptDurationSeconds(n)));
    start.share().shareIdentifier().ifPresent(request::shareIdentifier);
    start.share().schedulingPriority().ifPresent(request::schedulingPriorityOverride);
    return request.build();
  }

  private static ContainerOverrides overrides(Start start) {
    ContainerOverrides.Builder overrides =
        ContainerOverrides.builder()
            .environment(
                start.environment().entrySet().stream()
                    .map(e -> KeyValuePair.builder().name(e.getKey()).value(e.getValue()).build())
                    .toList());
    if (!start.command().isEmpty()) {
      overrides.command(start.command());
    }
    List<ResourceRequirement> resources = new ArrayList<>();
    start.vcpus().ifPresent(n -> resources.add(resource(ResourceType.VCPU, Integer.toString(n))));
    start
        .memoryMib()
        .ifPresent(n -> resources.add(resource(ResourceType.MEMORY, Integer.toString(n))));
    if (!resources.isEmpty()) {
      overrides.resourceRequirements(resources);
    }
    return overrides.build();
  }

  private static List<EvaluateOnExit> retryRules() {
    List<EvaluateOnExit> rules = new ArrayList<>();
    for (String reason : BatchJson.Retries.LOST_HOSTS) {
      rules.add(EvaluateOnExit.builder().onStatusReason(reason).action(RetryAction.RETRY).build());
    }
    rules.add(EvaluateOnExit.builder().onReason("*").action(RetryAction.EXIT).build());
    return rules;
  }

  private static ResourceRequirement resource(ResourceType type, String value) {
    return ResourceRequirement.builder().type(type).value(value).build();
  }

  /** RegisterJobDefinition for a task's own image. */
  static RegisterJobDefinitionRequest register(Definition definition) {
    List<ResourceRequirement> resources = new ArrayList<>();
    resources.add(resource(ResourceType.VCPU, BatchJson.vcpus(definition)));
    resources.add(resource(ResourceType.MEMORY, Long.toString(definition.memoryMib())));
    if (definition.gpus() > 0) {
      resources.add(resource(ResourceType.GPU, Integer.toString(definition.gpus())));
    }
    ContainerProperties.Builder container =
        ContainerProperties.builder().image(definition.image()).resourceRequirements(resources);
    if (!definition.command().isEmpty()) {
      container.command(definition.command());
    }
    return RegisterJobDefinitionRequest.builder()
        .jobDefinitionName(definition.name())
        .type(JobDefinitionType.CONTAINER)
        .containerProperties(container.build())
        .build();
  }

  static Job job(JobDetail job) {
    return new Job(
        job.jobId(),
        job.statusAsString(),
        Optional.ofNullable(job.statusReason()),
        number(job.container() == null ? null : job.container().exitCode()),
        Optional.ofNullable(job.container()).map(c -> c.reason()),
        job.attempts().stream().map(SdkJobs::attempt).toList());
  }

  private static JobAttempt attempt(AttemptDetail attempt) {
    var container = Optional.ofNullable(attempt.container());
    return new JobAttempt(
        attempt.startedAt() == null ? 0 : attempt.startedAt(),
        attempt.stoppedAt() == null ? 0 : attempt.stoppedAt(),
        number(container.map(c -> c.exitCode()).orElse(null)),
        container.map(c -> c.reason()),
        Optional.ofNullable(attempt.statusReason()),
        container.map(c -> c.logStreamName()));
  }

  private static OptionalInt number(Integer value) {
    return value == null ? OptionalInt.empty() : OptionalInt.of(value);
  }
}
