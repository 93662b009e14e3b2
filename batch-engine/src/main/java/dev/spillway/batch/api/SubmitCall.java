package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.DependsOnMembers;
import dev.spillway.batch.api.wire.EffectiveJob;
import dev.spillway.batch.api.wire.JobQueueMembers;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.api.wire.RetryMembers;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Engine;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * SubmitJob: checks the request, resolves it against the definition and the queue, and hands a
 * finished {@link JobSpec} to the engine, so that the one writer does none of this work.
 *
 * <p>Source: API SubmitJob; user guide, job definition parameters.
 */
final class SubmitCall {
  /** Makes a repeated submit harmless; stock SDKs can send it. */
  static final String KEY_TAG = "spillway:idempotency-key";

  private static final int MAX_BYTES = 30 * 1024;

  private final EngineAccess engine;
  private final Arns arns;
  private final InstantSource clock;
  private final JobDefinitionCalls definitions;
  private final int maxArraySize;

  SubmitCall(
      EngineAccess engine,
      Arns arns,
      InstantSource clock,
      JobDefinitionCalls definitions,
      int maxArraySize) {
    this.engine = engine;
    this.arns = arns;
    this.clock = clock;
    this.definitions = definitions;
    this.maxArraySize = maxArraySize;
  }

  ObjectNode submit(ObjectNode json) {
    Members request =
        Members.of(
            json,
            "jobName",
            "jobQueue",
            "shareIdentifier",
            "schedulingPriorityOverride",
            "arrayProperties",
            "dependsOn",
            "jobDefinition",
            "parameters",
            "containerOverrides",
            "nodeOverrides",
            "retryStrategy",
            "propagateTags",
            "timeout",
            "tags",
            "eksPropertiesOverride",
            "ecsPropertiesOverride",
            "consumableResourcePropertiesOverride");
    String jobName = request.requiredText("jobName");
    if (!jobName.matches("[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}")) {
      throw PrefixedRefusal.of("Job name should match valid pattern");
    }
    if (Json.size(json) > MAX_BYTES) {
      throw PrefixedRefusal.of(
          "The request has %d bytes; the maximum is %d.".formatted(Json.size(json), MAX_BYTES));
    }
    String queueName = Names.of(request.requiredText("jobQueue"), "job-queue", arns);
    String definitionName = request.requiredText("jobDefinition");
    Optional<Integer> arraySize = arraySize(request);
    DependsOnMembers dependsOn = DependsOnMembers.read(request, arns, arraySize.isPresent());
    Optional<JobSpec.IdempotencyKey> key = key(request);
    // Before any look at queue and definition: a repeat is answered when they are gone, too.
    long readAt = engine.view().version();
    Optional<Outcome.Submitted> first = key.flatMap(this::first);
    if (first.isPresent()) {
      return answer(first.get());
    }

    JobQueue queue =
        engine
            .view()
            .jobQueue(queueName)
            .orElseThrow(() -> BatchApiException.client("JobQueue " + queueName + " not found."));
    JobDefinition definition = definitions.active(definitionName);
    JobQueueMembers.checkRuns(queue, definition);
    checkNodes(queue, definition);
    checkShare(request, queue);
    ObjectNode detail = EffectiveJob.of(request, definition);
    if (arraySize.isPresent() && detail.has("nodeProperties")) {
      throw PrefixedRefusal.of("arrayProperties is not applicable for multi-node parallel jobs.");
    }
    JobDetail kept = new JobDetail(detail.without("tags").toString(), request.tags().toString());
    EffectiveJob.Needs needs = EffectiveJob.needs(detail);
    checkConsumables(needs);
    JobSpec spec =
        new JobSpec(
            UUID.randomUUID().toString(),
            jobName,
            queueName,
            arns.jobDefinition(definition.key()),
            clock.instant().truncatedTo(ChronoUnit.MILLIS),
            new JobSpec.Needs(
                new Size(needs.vcpuMillis(), needs.memoryMib(), needs.gpus()),
                needs.nodes(),
                needs.consumables().stream()
                    .map(c -> new ConsumableNeed(c.name(), c.quantity()))
                    .toList()),
            RetryMembers.rules(detail.get("retryStrategy")),
            detail.has("timeout")
                ? Optional.of(
                    Duration.ofSeconds(
                        detail.get("timeout").get("attemptDurationSeconds").longValue()))
                : Optional.empty(),
            dependsOn.dependencies(),
            arraySize.map(size -> new ArrayRole.Parent(size, dependsOn.sequential())),
            share(detail),
            key);
    return answer(ask(spec, kept, readAt));
  }

  private Optional<Integer> arraySize(Members request) {
    Optional<Integer> size =
        request.anyObject("arrayProperties").flatMap(array -> array.integer("size"));
    size.filter(n -> n < 2 || n > maxArraySize)
        .ifPresent(
            n -> {
              throw PrefixedRefusal.of(
                  "arrayProperties.size is %d; it should be between 2 and %d."
                      .formatted(n, maxArraySize));
            });
    return size;
  }

  /** Source: user guide, multi-node parallel jobs and compute environments. */
  private void checkNodes(JobQueue queue, JobDefinition definition) {
    if (!Json.read(definition.detail()).has("nodeProperties")) {
      return;
    }
    boolean allowed =
        queue.computeEnvironments().stream()
            .flatMap(name -> engine.view().computeEnvironment(name).stream())
            .map(environment -> Json.read(environment.detail()))
            .anyMatch(
                environment ->
                    environment.path("type").asText().equals("MANAGED")
                        && environment.at("/computeResources/type").asText().equals("EC2"));
    if (!allowed) {
      throw BatchApiException.client(
          "Multi-node parallel jobs run on managed EC2 compute environments only, and job queue %s has none: submit to another queue."
              .formatted(queue.name()));
    }
  }

  private static void checkShare(Members request, JobQueue queue) {
    if (queue.schedulingPolicy().isPresent()) {
      if (!request.says("shareIdentifier")) {
        throw BatchApiException.client("shareIdentifier must be specified.");
      }
    } else if (request.has("shareIdentifier") || request.has("schedulingPriorityOverride")) {
      throw BatchApiException.client(
          "Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with"
              + " fair share scheduling policy.");
    }
  }

  private static JobSpec.Share share(ObjectNode detail) {
    String identifier = detail.path("shareIdentifier").textValue();
    int priority = detail.path("schedulingPriority").asInt(0);
    return identifier == null && priority == 0
        ? JobSpec.Share.NONE
        : new JobSpec.Share(Optional.ofNullable(identifier), priority);
  }

  /** A job that names a resource that is not there could wait for ever. */
  private void checkConsumables(EffectiveJob.Needs needs) {
    for (EffectiveJob.Consumable consumable : needs.consumables()) {
      if (engine.view().consumableResource(consumable.name()).isEmpty()) {
        throw BatchApiException.client("ConsumableResource " + consumable.name() + " not found.");
      }
    }
  }

  /**
   * Looks into the store again as often as something that counts has ended since the last look.
   *
   * @param firstReadAt version of the view before the key was looked for
   */
  private Outcome.Submitted ask(JobSpec spec, JobDetail kept, long firstReadAt) {
    long readAt = firstReadAt;
    for (int round = 0; round < Commands.ROUNDS; round++) {
      switch (engine.ask(new Command.SubmitJob(spec, kept, ended(spec), readAt))) {
        case Outcome.Submitted submitted -> {
          return submitted;
        }
        case Outcome.Refused(String message) -> throw BatchApiException.client(message);
        case Outcome.LookAgain _ -> {
          readAt = engine.view().version();
          Optional<Outcome.Submitted> first = spec.idempotencyKey().flatMap(this::first);
          if (first.isPresent()) {
            return first.get();
          }
        }
        case Outcome.Done _, Outcome.Registered _, Outcome.QueueFront _ ->
            throw new IllegalStateException("SubmitJob has no such outcome");
      }
    }
    throw Commands.changesAllTheTime();
  }

  /** Those it depends on that have ended. One that is in no place never was, or was forgotten. */
  private Map<String, Job> ended(JobSpec spec) {
    Map<String, Job> targets =
        engine.jobs().find(spec.dependsOn().stream().map(Dependency::jobId).toList());
    for (Dependency dependency : spec.dependsOn()) {
      Job target = targets.get(dependency.jobId());
      if (target == null) {
        throw BatchApiException.client("Job " + dependency.jobId() + " not found.");
      }
      if (dependency.nToN()) {
        checkSizes(spec, target);
      }
    }
    targets.values().removeIf(job -> !job.status().terminal()); // the engine has those
    return targets;
  }

  private static void checkSizes(JobSpec spec, Job target) {
    int size = spec.parent().orElseThrow().size();
    Optional<Integer> other = target.spec().parent().map(ArrayRole.Parent::size);
    if (!other.equals(Optional.of(size))) {
      throw PrefixedRefusal.of(
          "An N_TO_N dependency needs an array of the same size, which is %d; job %s is %s."
              .formatted(
                  size, target.id(), other.map(n -> "an array of " + n).orElse("not an array")));
    }
  }

  private Optional<JobSpec.IdempotencyKey> key(Members request) {
    ObjectNode tags = request.tags();
    if (!tags.has(KEY_TAG)) {
      return Optional.empty();
    }
    String key = tags.get(KEY_TAG).textValue();
    if (key.isEmpty()) {
      throw PrefixedRefusal.of("The tag " + KEY_TAG + " should not be empty.");
    }
    return Optional.of(new JobSpec.IdempotencyKey(key, Json.hash(request.json())));
  }

  /** The job that was made under this key before. */
  private Optional<Outcome.Submitted> first(JobSpec.IdempotencyKey key) {
    return engine
        .journal()
        .byIdempotencyKey(key.key())
        .map(
            job -> {
              if (!job.requestHash().equals(key.requestHash())) {
                throw BatchApiException.client(Engine.otherRequest(key.key(), job.jobId()));
              }
              return new Outcome.Submitted(job.jobId(), job.jobName());
            });
  }

  private ObjectNode answer(Outcome.Submitted submitted) {
    return Json.object()
        .put("jobArn", arns.job(submitted.jobId()))
        .put("jobName", submitted.jobName())
        .put("jobId", submitted.jobId());
  }
}
