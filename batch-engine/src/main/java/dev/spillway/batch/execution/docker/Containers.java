package dev.spillway.batch.execution.docker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.AuthConfig;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.ContainerNetwork;
import dev.spillway.batch.execution.AmbientEnvironment;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Our containers on the engine: made from attempts, found again by label. */
final class Containers {
  private static final Logger LOG = LoggerFactory.getLogger(Containers.class);
  static final String DATA_LABEL = DataFolderId.LABEL;
  private static final String JOB_LABEL = "dev.spillway.jobId";
  private static final String ATTEMPT_LABEL = "dev.spillway.attempt";
  private static final String LOG_LABEL = "dev.spillway.log";
  private static final Duration PULL_MAX = Duration.ofMinutes(60);

  private final DockerClient client;
  private final DataFolderId folder;
  private final TaskResources shared;
  private final AmbientEnvironment ambient;

  Containers(DockerClient client, DataFolderId folder, String network, AmbientEnvironment ambient) {
    this.client = client;
    this.folder = folder;
    this.shared = new TaskResources(client, folder, network);
    this.ambient = ambient;
  }

  /** What several containers of an attempt have in common. */
  TaskResources shared() {
    return shared;
  }

  /** A container of ours as the engine lists it. */
  record Found(
      AttemptId attempt,
      String containerId,
      Path log,
      boolean started,
      boolean shares,
      String networkMode) {}

  /** A start that cannot be; the message is the container's reason in AWS's words. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String kind, RuntimeException cause) {
      super(kind + ": " + DockerEngine.words(cause), cause);
    }

    Refused(String kind, String image, RuntimeException cause) {
      super(kind + ": " + DockerEngine.words(cause) + " (image " + image + ")", cause);
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
        !"created".equals(container.getState()),
        labels.containsKey(TaskResources.TASK_LABEL),
        container.getHostConfig() == null
            ? ""
            : String.valueOf(container.getHostConfig().getNetworkMode()));
  }

  /** The same name for the same attempt: the engine itself refuses a second container for it. */
  String name(AttemptId attempt) {
    return name(folder, attempt);
  }

  static String name(DataFolderId folder, AttemptId attempt) {
    return "spillway-"
        + folder.abbreviated()
        + "-"
        + attempt.jobId().replaceAll("[^A-Za-z0-9_.-]", ".")
        + "-"
        + attempt.number();
  }

  /** A container; {@code fresh}: made by this call. */
  record Created(String id, boolean fresh) {}

  /** Makes it; pulls the image when the engine has not got it. */
  Created create(Attempt attempt) throws Refused {
    try {
      return tryCreate(attempt);
    } catch (NotFoundException absent) {
      if (!DockerEngine.words(absent).startsWith("No such image")) {
        throw new Refused("CannotCreateContainerError", absent);
      }
      pull(attempt);
    } catch (RuntimeException e) {
      if (attempt.options().scratchGib().isEmpty()
          || !DockerEngine.words(e).contains("storage-opt")) {
        throw new Refused("CannotCreateContainerError", e);
      }
      LOG.info("attempt={} gets all the disk there is: {}", attempt.id(), DockerEngine.words(e));
      return create(attempt.withoutScratchLimit());
    }
    try {
      return tryCreate(attempt);
    } catch (RuntimeException e) {
      throw new Refused("CannotCreateContainerError", e);
    }
  }

  private Created tryCreate(Attempt attempt) {
    String name = name(attempt.id());
    try {
      return new Created(command(attempt, name).exec().getId(), true);
    } catch (ConflictException e) {
      // Made by a start before this one.
      return new Created(client.inspectContainerCmd(name).exec().getId(), false);
    }
  }

  private CreateContainerCmd command(Attempt attempt, String name) {
    SortedMap<String, String> environment = new TreeMap<>(ambient.of(attempt.id().task()));
    environment.putAll(attempt.environment());
    Map<String, String> labels = new HashMap<>();
    labels.put(DATA_LABEL, folder.value());
    labels.put(JOB_LABEL, attempt.id().jobId());
    labels.put(ATTEMPT_LABEL, Integer.toString(attempt.id().number()));
    labels.put(LOG_LABEL, attempt.log().toAbsolutePath().toString());
    if (shares(attempt)) {
      labels.put(TaskResources.TASK_LABEL, attempt.id().task().toString());
    }
    return ContainerCommand.of(
            client,
            attempt,
            environment,
            shared.networkFor(attempt),
            volume -> shared.volume(attempt.id(), volume))
        .withName(name)
        .withLabels(labels);
  }

  /** Whether anything is left of it once its container is removed. */
  static boolean shares(Attempt attempt) {
    return attempt.options().task().isPresent()
        || attempt.options().mounts().stream().anyMatch(m -> m.hostPath().isEmpty());
  }

  private void pull(Attempt attempt) throws Refused {
    String image = attempt.image();
    try {
      Optional<AuthConfig> credentials =
          attempt
              .options()
              .credentials()
              .map(
                  known ->
                      new AuthConfig()
                          .withUsername(known.username())
                          .withPassword(known.password())
                          .withRegistryAddress(registry(image)));
      DockerEngine.pull(client, image, credentials, PULL_MAX);
    } catch (RuntimeException e) {
      throw new Refused("CannotPullContainerError", image, e);
    }
  }

  /** The host in front of an image's name; an image without one is Docker Hub's. */
  private static String registry(String image) {
    String first = image.contains("/") ? image.substring(0, image.indexOf('/')) : "";
    return first.contains(".") || first.contains(":") || first.equals("localhost")
        ? first
        : "https://index.docker.io/v1/";
  }

  /** Where others of its network reach it. */
  Optional<String> address(AttemptId container) {
    var networks =
        client
            .inspectContainerCmd(shared.addressHolder(container))
            .exec()
            .getNetworkSettings()
            .getNetworks();
    return networks.values().stream()
        .map(ContainerNetwork::getIpAddress)
        .filter(address -> address != null && !address.isEmpty())
        .findFirst();
  }

  /** Harmless when it runs or has ended. */
  void start(Attempt attempt, Created container) throws Refused {
    Optional<String> instance = attempt.options().instance();
    try {
      start(container);
    } catch (Refused e) {
      if (instance.isEmpty() || !networkGone(e.getMessage())) {
        throw e;
      }
      shared.instances().make(instance.get());
      start(container);
    }
  }

  /** The container that holds it was removed, or does not run. */
  private static boolean networkGone(String said) {
    return said.contains("No such container") || said.contains("non running container");
  }

  private void start(Created container) throws Refused {
    try {
      boolean waits =
          container.fresh()
              || "created"
                  .equals(state(container.id()).map(ContainerState::getStatus).orElse("created"));
      if (waits) {
        client.startContainerCmd(container.id()).exec();
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

  /** A time in the engine's words; empty when it has none. */
  static Optional<Instant> instant(String text) {
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeParseException | NullPointerException e) {
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
}
