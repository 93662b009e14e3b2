package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.EffectiveJob;
import dev.spillway.batch.api.wire.JobQueueMembers;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.api.wire.RetryMembers;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Engine;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.execution.Runnability;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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

  SubmitCall(EngineAccess engine, Arns arns, InstantSource clock, JobDefinitionCalls definitions) {
    this.engine = engine;
    this.arns = arns;
    this.clock = clock;
    this.definitions = definitions;
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
    refuseUnsupported(request);
    List<String> dependsOn = dependsOn(request);
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
    if (request.has("shareIdentifier") || request.has("schedulingPriorityOverride")) {
      throw BatchApiException.client(
          "Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with"
              + " fair share scheduling policy.");
    }
    ObjectNode detail = EffectiveJob.of(request, definition);
    Runnability.obstacle(detail).ifPresent(SubmitCall::refuse);
    EffectiveJob.Needs size = EffectiveJob.needs(detail);
    JobSpec spec =
        new JobSpec(
            UUID.randomUUID().toString(),
            jobName,
            queueName,
            arns.jobDefinition(definition.key()),
            clock.instant().truncatedTo(ChronoUnit.MILLIS),
            size.vcpuMillis(),
            size.memoryMib(),
            RetryMembers.rules(detail.get("retryStrategy")),
            detail.has("timeout")
                ? Optional.of(
                    Duration.ofSeconds(
                        detail.get("timeout").get("attemptDurationSeconds").longValue()))
                : Optional.empty(),
            dependsOn,
            key,
            detail.toString());
    return answer(ask(spec, readAt));
  }

  /**
   * Looks into the store again as often as something that counts has ended since the last look.
   *
   * @param firstReadAt version of the view before the key was looked for
   */
  private Outcome.Submitted ask(JobSpec spec, long firstReadAt) {
    long readAt = firstReadAt;
    for (int round = 0; round < Commands.ROUNDS; round++) {
      switch (engine.ask(new Command.SubmitJob(spec, ended(spec.dependsOn()), readAt))) {
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
        case Outcome.Done _, Outcome.Registered _ ->
            throw new IllegalStateException("SubmitJob has no such outcome");
      }
    }
    throw Commands.changesAllTheTime();
  }

  /** Until an attempt's start can fail with it. */
  private static void refuse(String obstacle) {
    throw PrefixedRefusal.of(obstacle);
  }

  private void refuseUnsupported(Members request) {
    for (String member :
        List.of(
            "arrayProperties",
            "nodeOverrides",
            "eksPropertiesOverride",
            "ecsPropertiesOverride",
            "consumableResourcePropertiesOverride")) {
      if (request.says(member)) {
        throw PrefixedRefusal.unsupported("SubmitJob with " + member);
      }
    }
  }

  private List<String> dependsOn(Members request) {
    List<Members> entries = request.objects("dependsOn", "jobId", "type");
    if (entries.size() > 20) {
      throw PrefixedRefusal.of("Job cannot have more than 20 dependencies");
    }
    List<String> ids = new ArrayList<>();
    for (Members entry : entries) {
      Optional<String> type = entry.oneOf("type", List.of("N_TO_N", "SEQUENTIAL"));
      if (type.equals(Optional.of("N_TO_N")) || !entry.says("jobId")) {
        throw PrefixedRefusal.unsupported(
            "A dependency of type " + type.orElse("SEQUENTIAL") + ", which is for array jobs,");
      }
      String id = Names.jobId(entry.requiredText("jobId"), arns);
      if (!ids.contains(id)) {
        ids.add(id);
      }
    }
    return List.copyOf(ids);
  }

  /** How those ended that do not live. One that is in neither place never was, or was forgotten. */
  private Map<String, JobStatus> ended(List<String> ids) {
    List<String> notLive = ids.stream().filter(id -> engine.view().job(id).isEmpty()).toList();
    Map<String, JobStatus> ended = new HashMap<>();
    engine.journal().find(notLive).forEach(job -> ended.put(job.id(), job.status()));
    for (String id : notLive) {
      if (!ended.containsKey(id)) {
        throw BatchApiException.client("Job " + id + " not found.");
      }
    }
    ended.values().removeIf(status -> !status.terminal()); // added since: the engine has it
    return ended;
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
