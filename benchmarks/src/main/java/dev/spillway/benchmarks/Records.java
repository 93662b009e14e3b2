package dev.spillway.benchmarks;

import dev.spillway.batch.Arns;
import dev.spillway.batch.CapacitySettings;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.EngineLimits;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.RetryRules;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.jobqueue.JobQueue;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One environment, one queue, and jobs of 1 vCPU, as every benchmark of the engine uses them. */
final class Records {
  static final Arns ARNS = new Arns("us-east-1", "123456789012");
  static final Instant T0 = Instant.ofEpochSecond(1_800_000_000);
  static final String QUEUE = "q";

  /** About what an ordinary job has. */
  static final JobDetail DETAIL =
      new JobDetail(
          """
          {"retryStrategy":{"attempts":1,"evaluateOnExit":[]},"dependsOn":[],"parameters":{},"container":{"image":\
          "registry.example/team/image:2026-11","command":["run","--input","s3://bucket/some/longer/key.json"],\
          "volumes":[],"environment":[{"name":"STAGE","value":"production"},{"name":"REGION","value":"us-east-1"}],\
          "mountPoints":[],"ulimits":[],"resourceRequirements":[{"value":"1","type":"VCPU"},{"value":"64","type":\
          "MEMORY"}],"secrets":[]},"propagateTags":false,"platformCapabilities":["EC2"]}""",
          "{\"team\":\"one\"}");

  private Records() {}

  static EngineLimits limits(int vcpus) {
    return new EngineLimits(
        ARNS,
        new Size(vcpus * 1000L, vcpus * 64L, 0),
        Duration.ofDays(3650),
        CapacitySettings.DEFAULT);
  }

  static ComputeEnvironment environment(int vcpus) {
    return ComputeEnvironment.created(
            "ce",
            "2f1c0000-0000-4000-8000-000000000000",
            T0,
            "{\"computeResources\":{\"type\":\"FARGATE\",\"maxvCpus\":%d}}".formatted(vcpus))
        .in(ComputeEnvironment.Status.VALID);
  }

  static JobQueue queue() {
    return new JobQueue(
        QUEUE,
        JobQueue.State.ENABLED,
        JobQueue.Status.VALID,
        1,
        List.of("ce"),
        false,
        Optional.empty(),
        T0,
        1,
        "{}");
  }

  static Loaded loaded(int vcpus) {
    return new Loaded(
        new Loaded.Resources(
            List.of(environment(vcpus)),
            List.of(queue()),
            List.of(),
            List.of(),
            List.of(),
            List.of()),
        List.of(),
        List.of(),
        new Step.Counters(0, 0));
  }

  static String id(long number) {
    return "00000000-0000-4000-8000-%012x".formatted(number);
  }

  static JobSpec spec(String id, Instant createdAt, Optional<ArrayRole> array) {
    return new JobSpec(
        id,
        "job",
        QUEUE,
        "arn:aws:batch:us-east-1:123456789012:job-definition/d:1",
        createdAt,
        JobSpec.Needs.of(1000, 64),
        RetryRules.NONE,
        Optional.empty(),
        List.of(),
        array,
        JobSpec.Share.NONE,
        Optional.empty());
  }

  static Command submit(JobSpec spec, long readAt) {
    return new Command.SubmitJob(spec, DETAIL, Map.of(), readAt);
  }
}
