package dev.spillway.batch.execution.docker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.command.PullImageResultCallback;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.LogConfig;
import dev.spillway.batch.execution.AmbientEnvironment;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Our containers on the engine: made from attempts, found again by label.
 *
 * <p>Units: 1024 CPU shares a vCPU; memory is a hard limit, and swap adds nothing to it. Source:
 * AWS Batch API, ContainerProperties (resourceRequirements VCPU, MEMORY).
 */
final class Containers {
  static final String DATA_LABEL = "dev.spillway.data";
  private static final String JOB_LABEL = "dev.spillway.jobId";
  private static final String ATTEMPT_LABEL = "dev.spillway.attempt";
  private static final String LOG_LABEL = "dev.spillway.log";
  private static final long MIB = 1024 * 1024;

  /** The engine refuses less. */
  private static final long MEMORY_MIN = 6 * MIB;

  private static final int CPU_SHARES_MIN = 2;

  /** In effect none: an engine's own limit would drop the beginning of a log. */
  private static final String LOG_MAX = "1000g";

  private static final long PULL_MINUTES_MAX = 60;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final DockerClient client;
  private final DataFolderId folder;
  private final String network;
  private final AmbientEnvironment ambient;

  Containers(DockerClient client, DataFolderId folder, String network, AmbientEnvironment ambient) {
    this.client = client;
    this.folder = folder;
    this.network = network;
    this.ambient = ambient;
  }

  /** A container of ours as the engine lists it. */
  record Found(AttemptId attempt, String containerId, Path log, boolean started) {}

  /** A start that cannot be; the message is the container's reason in AWS's words. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String kind, RuntimeException cause) {
      super(kind + ": " + words(cause), cause);
    }

    Refused(String kind, String image, RuntimeException cause) {
      super(kind + ": " + words(cause) + " (image " + image + ")", cause);
    }
  }

  List<Found> find() {
    return client
        .listContainersCmd()
        .withShowAll(true)
        .withLabelFilter(Map.of(DATA_LABEL, folder.value()))
        .exec()
        .stream()
        .filter(container -> container.getLabels().containsKey(JOB_LABEL))
        .map(Containers::found)
        .toList();
  }

  private static Found found(Container container) {
    Map<String, String> labels = container.getLabels();
    return new Found(
        new AttemptId(labels.get(JOB_LABEL), Integer.parseInt(labels.get(ATTEMPT_LABEL))),
        container.getId(),
        Path.of(labels.get(LOG_LABEL)),
        !"created".equals(container.getState()));
  }

  /** The same name for the same attempt: the engine itself refuses a second container for it. */
  String name(AttemptId attempt) {
    return "spillway-"
        + folder.abbreviated()
        + "-"
        + attempt.jobId().replaceAll("[^A-Za-z0-9_.-]", ".")
        + "-"
        + attempt.number();
  }

  /** The container's id; pulls the image when the engine has not got it. */
  String create(Attempt attempt) throws Refused {
    try {
      return tryCreate(attempt);
    } catch (NotFoundException absent) {
      pull(attempt.image());
    } catch (RuntimeException e) {
      throw new Refused("CannotCreateContainerError", e);
    }
    try {
      return tryCreate(attempt);
    } catch (RuntimeException e) {
      throw new Refused("CannotCreateContainerError", e);
    }
  }

  private String tryCreate(Attempt attempt) {
    String name = name(attempt.id());
    try {
      return command(attempt, name).exec().getId();
    } catch (ConflictException e) {
      // Made by a start before this one.
      return client.inspectContainerCmd(name).exec().getId();
    }
  }

  private CreateContainerCmd command(Attempt attempt, String name) {
    long memory = Math.max(attempt.memoryMib() * MIB, MEMORY_MIN);
    var host =
        HostConfig.newHostConfig()
            .withCpuShares(Math.max((int) Math.round(attempt.vcpus() * 1024), CPU_SHARES_MIN))
            .withMemory(memory)
            .withMemorySwap(memory)
            .withPrivileged(attempt.privileged())
            .withReadonlyRootfs(attempt.readonlyRootFilesystem())
            .withNetworkMode(network)
            // Whatever the engine's default is: our log is a copy, and needs all of it, in order.
            .withLogConfig(
                new LogConfig(
                    LogConfig.LoggingType.JSON_FILE, Map.of("max-size", LOG_MAX, "max-file", "1")));
    Map<String, String> environment = new TreeMap<>(ambient.of(attempt.id()));
    environment.putAll(attempt.environment());
    CreateContainerCmd command =
        client
            .createContainerCmd(attempt.image())
            .withName(name)
            .withHostConfig(host)
            .withLabels(
                Map.of(
                    DATA_LABEL, folder.value(),
                    JOB_LABEL, attempt.id().jobId(),
                    ATTEMPT_LABEL, Integer.toString(attempt.id().number()),
                    LOG_LABEL, attempt.log().toAbsolutePath().toString()))
            .withEnv(
                environment.entrySet().stream()
                    .map(variable -> variable.getKey() + "=" + variable.getValue())
                    .toList());
    if (!attempt.command().isEmpty()) {
      command.withCmd(attempt.command());
    }
    attempt.user().ifPresent(command::withUser);
    return command;
  }

  private void pull(String image) throws Refused {
    try {
      String whole =
          image.indexOf('@') >= 0 || image.lastIndexOf(':') > image.lastIndexOf('/')
              ? image
              : image + ":latest";
      var pull = client.pullImageCmd(whole).exec(new PullImageResultCallback());
      if (!pull.awaitCompletion(PULL_MINUTES_MAX, TimeUnit.MINUTES)) {
        pull.close();
        throw new IllegalStateException("not done after " + PULL_MINUTES_MAX + " minutes");
      }
    } catch (RuntimeException | java.io.IOException e) {
      throw new Refused(
          "CannotPullContainerError",
          image,
          e instanceof RuntimeException known ? known : new IllegalStateException(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Refused(
          "CannotPullContainerError", image, new IllegalStateException("interrupted", e));
    }
  }

  /** Harmless when it runs or has ended. */
  void start(String containerId) throws Refused {
    try {
      if ("created".equals(state(containerId).map(ContainerState::getStatus).orElse("created"))) {
        client.startContainerCmd(containerId).exec();
      }
    } catch (NotModifiedException e) {
      // It runs already.
    } catch (RuntimeException e) {
      throw new Refused("CannotStartContainerError", e);
    }
  }

  /** Empty when there is no such container any more. */
  Optional<ContainerState> state(String containerId) {
    try {
      return Optional.of(client.inspectContainerCmd(containerId).exec().getState());
    } catch (NotFoundException e) {
      return Optional.empty();
    }
  }

  /** Harmless when it does not run. */
  void kill(String containerId, String signal) {
    try {
      client.killContainerCmd(containerId).withSignal(signal).exec();
    } catch (NotFoundException | ConflictException e) {
      // It has ended, or is gone.
    }
  }

  /** By id or name; kills it when it runs. */
  void remove(String container) {
    try {
      client.removeContainerCmd(container).withForce(true).withRemoveVolumes(true).exec();
    } catch (NotFoundException | ConflictException e) {
      // Gone, or on its way.
    }
  }

  /** The engine's own text, without the wrapping: {@code Status 404: {"message":"…"}}. */
  static String words(RuntimeException e) {
    String text = String.valueOf(e.getMessage()).strip();
    int json = text.indexOf("{\"message\"");
    if (json < 0) {
      return text;
    }
    try {
      return JSON.readTree(text.substring(json)).path("message").asText(text).strip();
    } catch (JsonProcessingException malformed) {
      return text;
    }
  }
}
