package dev.spillway.batch.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.capacity.InstanceProvider;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.Runnability;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.logs.LogFiles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns effects into calls of the executor and the instance provider. */
public final class AttemptRunner implements Consumer<Effect> {
  private static final Logger LOG = LoggerFactory.getLogger(AttemptRunner.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Executor executor;
  private final InstanceProvider provider;
  private final JobDetails details;
  private final BatchSettings settings;
  private final LogFiles logs;

  /** Where the container of a job is kept. */
  public interface JobDetails {
    Map<String, JobDetail> of(Collection<String> jobIds);
  }

  /** No runner here can run a job as it was asked for; the message is the container's reason. */
  public static final class NotRunnableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotRunnableException(String reason) {
      super(reason);
    }
  }

  public AttemptRunner(
      Executor executor, InstanceProvider provider, JobDetails details, BatchSettings settings) {
    this.executor = executor;
    this.provider = provider;
    this.details = details;
    this.settings = settings;
    this.logs = new LogFiles(settings.dataDirectory().resolve("logs"));
  }

  @Override
  public void accept(Effect effect) {
    switch (effect) {
      case Effect.Start(Job job) -> executor.start(attempt(job));
      case Effect.StartOn(Job job, Instance host) -> executor.start(attempt(job), host);
      case Effect.Stop(AttemptId attempt, Optional<Duration> grace) ->
          executor.stop(attempt, grace.orElse(settings.stopGrace()));
      case Effect.Forget(AttemptId attempt) -> executor.forget(attempt);
      case Effect.Launch(Instance instance) -> provider.launch(instance);
      case Effect.Terminate(Instance instance) -> provider.terminate(instance);
    }
  }

  /**
   * Precedence: definition and job, then the service's own variables. Executors put {@link
   * dev.spillway.batch.execution.AmbientEnvironment} beneath these.
   */
  Attempt attempt(Job job) {
    AttemptId id = new AttemptId(job.id(), job.attempt());
    Placement on = job.placement(job.attempt()).orElseThrow();
    JsonNode container = container(job);
    SortedMap<String, String> environment = new TreeMap<>();
    container
        .path("environment")
        .forEach(v -> environment.put(v.get("name").asText(), v.path("value").asText("")));
    environment.put("AWS_BATCH_JOB_ID", job.id());
    environment.put("AWS_BATCH_JOB_ATTEMPT", Integer.toString(job.attempt()));
    environment.put("AWS_BATCH_JQ_NAME", job.spec().jobQueue());
    environment.put("AWS_BATCH_CE_NAME", on.computeEnvironment());
    job.spec()
        .child()
        .ifPresent(
            child -> {
              environment.put("AWS_BATCH_JOB_ARRAY_INDEX", Integer.toString(child.index()));
              environment.put("AWS_BATCH_JOB_ARRAY_SIZE", Integer.toString(child.size()));
            });
    List<String> command = new ArrayList<>();
    container.path("command").forEach(c -> command.add(c.asText()));
    double vcpus = Math.min(job.spec().needs().vcpuMillis() / 1000.0, settings.hostVcpus());
    long memoryMib = Math.min(job.spec().needs().memoryMib(), settings.hostMemoryMib());
    if (vcpus * 1000 < job.spec().needs().vcpuMillis()
        || memoryMib < job.spec().needs().memoryMib()) {
      LOG.info(
          "job={} attempt={} asked for {} vCPU and {} MiB; it gets what this host has: {} vCPU and {} MiB",
          job.id(),
          job.attempt(),
          job.spec().needs().vcpuMillis() / 1000.0,
          job.spec().needs().memoryMib(),
          vcpus,
          memoryMib);
    }
    return new Attempt(
        id,
        container.get("image").asText(),
        List.copyOf(command),
        environment,
        vcpus,
        memoryMib,
        Optional.ofNullable(container.get("user")).map(JsonNode::asText),
        container.path("privileged").asBoolean(false),
        container.path("readonlyRootFilesystem").asBoolean(false),
        logs.file(on, job.id(), job.attempt()));
  }

  private JsonNode container(Job job) {
    JobDetail detail = details.of(List.of(job.id())).get(job.id());
    try {
      JsonNode members = JSON.readTree(detail.members());
      Runnability.obstacle(members)
          .ifPresent(
              reason -> {
                throw new NotRunnableException(reason);
              });
      return Runnability.container(members).orElseThrow();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("job " + job.id() + " holds JSON that cannot be read", e);
    }
  }
}
