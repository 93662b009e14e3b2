package dev.spillway.batch.testkit;

import dev.spillway.batch.Arns;
import dev.spillway.batch.CapacitySettings;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.EngineLimits;
import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.RetryRules;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Boring records; a test names only what it is about. */
public final class Fixtures {
  public static final Arns ARNS = new Arns("us-east-1", "123456789012");
  public static final Instant T0 = Instant.parse("2026-11-21T00:00:00Z");

  private Fixtures() {}

  public static EngineLimits limits(int hostVcpus, long hostMemoryMib) {
    return limits(hostVcpus, hostMemoryMib, CapacitySettings.DEFAULT);
  }

  public static EngineLimits limits(int hostVcpus, long hostMemoryMib, CapacitySettings capacity) {
    return new EngineLimits(
        ARNS, new Size(hostVcpus * 1000L, hostMemoryMib, 0), Duration.ofDays(7), capacity);
  }

  /** One without instances, so that a job that fits starts at once. */
  public static ComputeEnvironment environment(String name, int maxVcpus) {
    return environment(name, "{\"type\":\"FARGATE\",\"maxvCpus\":%d}".formatted(maxVcpus), "{}");
  }

  /** {@code computeResources} and {@code tags} as on the wire. */
  public static ComputeEnvironment environment(String name, String resources, String tags) {
    return ComputeEnvironment.created(
        name,
        UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString(),
        T0,
        "{\"type\":\"MANAGED\",\"computeResources\":%s,\"tags\":%s}".formatted(resources, tags));
  }

  public static JobQueue queue(String name, int priority, String... environments) {
    return new JobQueue(
        name,
        JobQueue.State.ENABLED,
        JobQueue.Status.CREATING,
        priority,
        List.of(environments),
        false,
        Optional.empty(),
        T0,
        1,
        "{\"tags\":{}}");
  }

  /** What is kept beside every job of the tests. */
  public static final JobDetail DETAIL =
      new JobDetail("{\"container\":{\"image\":\"busybox\",\"command\":[\"true\"]}}", "{}");

  /** That nothing but the job itself is known. */
  public static Command.SubmitJob submit(JobSpec spec) {
    return submit(spec, 0);
  }

  public static Command.SubmitJob submit(JobSpec spec, long readAt, Job... ended) {
    return new Command.SubmitJob(
        spec,
        DETAIL,
        Stream.of(ended).collect(Collectors.toMap(Job::id, Function.identity())),
        readAt);
  }

  public static JobDefinition definition(String name) {
    return new JobDefinition(name, 0, true, false, T0, "{\"type\":\"container\"}");
  }

  /** A job of 1 vCPU and 64 MiB, tried once. */
  public static JobBuilder aJob(String id) {
    return new JobBuilder(id);
  }

  /** Makes a {@link JobSpec}. */
  public static final class JobBuilder {
    private final String id;
    private String queue = "q";
    private int vcpus = 1;
    private int memoryMib = 64;
    private int gpus;
    private int nodes = 1;
    private RetryRules retry = RetryRules.NONE;
    private Optional<Duration> timeout = Optional.empty();
    private List<Dependency> dependsOn = List.of();
    private List<ConsumableNeed> consumables = List.of();
    private Optional<ArrayRole> array = Optional.empty();
    private Optional<JobSpec.IdempotencyKey> key = Optional.empty();
    private Instant createdAt = T0;
    private String definitionArn = ARNS.jobDefinition("jd:1");
    private JobSpec.Share share = JobSpec.Share.NONE;

    private JobBuilder(String id) {
      this.id = id;
    }

    public JobBuilder on(String queueName) {
      this.queue = queueName;
      return this;
    }

    public JobBuilder needing(int vcpuCount, int mib) {
      this.vcpus = vcpuCount;
      this.memoryMib = mib;
      return this;
    }

    public JobBuilder withGpus(int count) {
      this.gpus = count;
      return this;
    }

    /** A multi-node parallel job. */
    public JobBuilder ofNodes(int count) {
      this.nodes = count;
      return this;
    }

    public JobBuilder tried(int attempts, RetryRules.Rule... rules) {
      this.retry = new RetryRules(attempts, List.of(rules));
      return this;
    }

    public JobBuilder within(Duration attemptDuration) {
      this.timeout = Optional.of(attemptDuration);
      return this;
    }

    public JobBuilder after(String... jobIds) {
      this.dependsOn =
          Stream.concat(dependsOn.stream(), Stream.of(jobIds).map(Dependency::on))
              .distinct()
              .toList();
      return this;
    }

    /** Each child after the child of its index. */
    public JobBuilder afterEach(String... arrayIds) {
      this.dependsOn =
          Stream.concat(
                  dependsOn.stream(),
                  Stream.of(arrayIds).map(arrayId -> new Dependency(arrayId, true)))
              .distinct()
              .toList();
      return this;
    }

    public JobBuilder array(int size) {
      this.array = Optional.of(new ArrayRole.Parent(size, false));
      return this;
    }

    /** An array whose children run one after the other. */
    public JobBuilder sequence(int size) {
      this.array = Optional.of(new ArrayRole.Parent(size, true));
      return this;
    }

    public JobBuilder holding(String consumableResource, long quantity) {
      this.consumables =
          Stream.concat(
                  consumables.stream(), Stream.of(new ConsumableNeed(consumableResource, quantity)))
              .toList();
      return this;
    }

    public JobBuilder keyed(String name, String hash) {
      this.key = Optional.of(new JobSpec.IdempotencyKey(name, hash));
      return this;
    }

    public JobBuilder createdAt(Instant at) {
      this.createdAt = at;
      return this;
    }

    public JobBuilder of(String jobDefinitionArn) {
      this.definitionArn = jobDefinitionArn;
      return this;
    }

    public JobBuilder sharing(String identifier) {
      return sharing(identifier, 0);
    }

    public JobBuilder sharing(String identifier, int priority) {
      this.share = new JobSpec.Share(Optional.of(identifier), priority);
      return this;
    }

    public JobSpec build() {
      return new JobSpec(
          id,
          "name-" + id,
          queue,
          definitionArn,
          createdAt,
          new JobSpec.Needs(new Size(vcpus * 1000L, memoryMib, gpus), nodes, consumables),
          retry,
          timeout,
          dependsOn,
          array,
          share,
          key);
    }
  }
}
