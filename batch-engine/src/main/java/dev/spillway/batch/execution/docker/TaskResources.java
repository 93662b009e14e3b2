package dev.spillway.batch.execution.docker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ContainerOptions.TaskPlace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the containers of one attempt share: volumes, a network of the task, and for each node of
 * several containers the container that holds its address. Made when the first of them needs it,
 * labelled with the attempt, and removed when it is forgotten.
 */
final class TaskResources {
  private static final Logger LOG = LoggerFactory.getLogger(TaskResources.class);
  static final String TASK_LABEL = "dev.spillway.task";
  private static final int LOOKS = 100;
  private static final long LOOK_AGAIN_MILLIS = 100;

  private final DockerClient client;
  private final DataFolderId folder;
  private final String network;
  private final InstanceNetworks instances;
  private final Set<String> withoutOwnNetwork = ConcurrentHashMap.newKeySet();

  TaskResources(DockerClient client, DataFolderId folder, String network) {
    this.client = client;
    this.folder = folder;
    this.network = network;
    this.instances = new InstanceNetworks(client, folder, network);
  }

  /** The networks that containers of one instance share. */
  InstanceNetworks instances() {
    return instances;
  }

  /** What a container's network mode is; makes what that names, for one container at a time. */
  synchronized String networkFor(Attempt attempt) {
    Optional<TaskPlace> place = attempt.options().task();
    if (place.isEmpty()) {
      return attempt
          .options()
          .instance()
          .map(instance -> instances.join(instance, attempt.id()))
          .orElse(network);
    }
    String outer = place.get().ownNetwork() ? ownNetwork(place.get().task()) : network;
    return place.get().sharedNetwork() ? "container:" + holder(place.get(), outer) : outer;
  }

  /** The container that has the address of this one; it may be itself. */
  String addressHolder(AttemptId container) {
    return container.name().isPresent()
        ? name(container.task(), "holder" + suffix(container.node()))
        : Containers.name(folder, container);
  }

  /** What a volume is called on the engine; makes it. */
  String volume(AttemptId attempt, String volume) {
    String name = name(attempt.task(), "volume-" + volume);
    client.createVolumeCmd().withName(name).withLabels(labels(attempt.task())).exec();
    return name;
  }

  private String ownNetwork(AttemptId task) {
    String name = name(task, "nodes");
    if (withoutOwnNetwork.contains(name)) {
      return network;
    }
    try {
      client.inspectNetworkCmd().withNetworkId(name).exec();
    } catch (NotFoundException absent) {
      try {
        client
            .createNetworkCmd()
            .withName(name)
            .withDriver("bridge")
            .withCheckDuplicate(true)
            .withLabels(labels(task))
            .exec();
      } catch (ConflictException e) {
        // Made at the same moment for another node.
      } catch (DockerException e) {
        // An engine has room for some thirty networks.
        LOG.warn(
            "attempt={}: its nodes use the common network, the engine has none left: {}",
            task,
            DockerEngine.words(e));
        withoutOwnNetwork.add(name);
        return network;
      }
    }
    return name;
  }

  private String holder(TaskPlace place, String outer) {
    String name = name(place.task(), "holder" + suffix(place.node()));
    PauseImage.hold(client, name, labels(place.task()), outer);
    return name;
  }

  private static String suffix(OptionalInt node) {
    return node.isPresent() ? "-" + node.getAsInt() : "";
  }

  private String name(AttemptId task, String what) {
    return Containers.name(folder, task) + "-" + what;
  }

  private Map<String, String> labels(AttemptId task) {
    return Map.of(Containers.DATA_LABEL, folder.value(), TASK_LABEL, task.toString());
  }

  /** Containers first: they hold the others, also while they are being removed. */
  void remove(AttemptId task) {
    for (int look = 0; look < LOOKS && removeContainers(task); look++) {
      pause();
    }
    String own = name(task, "nodes");
    withoutOwnNetwork.remove(own);
    quietly(() -> client.removeNetworkCmd(own).exec());
    removeVolumes(task);
  }

  /** True when there were any. */
  private boolean removeContainers(AttemptId task) {
    var found = client.listContainersCmd().withShowAll(true).withLabelFilter(labels(task)).exec();
    for (var container : found) {
      try {
        client.removeContainerCmd(container.getId()).withForce(true).exec();
      } catch (NotFoundException | ConflictException e) {
        // Gone, or on its way.
      }
    }
    return !found.isEmpty();
  }

  private static void pause() {
    try {
      Thread.sleep(LOOK_AGAIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void removeVolumes(AttemptId task) {
    String prefix = name(task, "volume-");
    for (var volume : client.listVolumesCmd().exec().getVolumes()) {
      if (volume.getName().startsWith(prefix)) {
        quietly(() -> client.removeVolumeCmd(volume.getName()).exec());
      }
    }
  }

  private static void quietly(Runnable removal) {
    try {
      removal.run();
    } catch (NotFoundException e) {
      // There was none.
    } catch (DockerException e) {
      LOG.warn("left on the engine: {}", DockerEngine.words(e));
    }
  }

  /** Removes what is left of attempts that nobody knows any more. */
  void removeAllBut(Set<AttemptId> tasks) {
    List<String> found = new ArrayList<>();
    Map<String, String> ours = Map.of(Containers.DATA_LABEL, folder.value());
    client
        .listContainersCmd()
        .withShowAll(true)
        .withLabelFilter(ours)
        .exec()
        .forEach(c -> add(found, c.getLabels()));
    client
        .listNetworksCmd()
        .withFilter("label", List.of(Containers.DATA_LABEL + "=" + folder.value()))
        .exec()
        .forEach(n -> add(found, n.getLabels()));
    client
        .listVolumesCmd()
        .withFilter("label", List.of(Containers.DATA_LABEL + "=" + folder.value()))
        .exec()
        .getVolumes()
        .forEach(v -> add(found, v.getLabels()));
    found.stream()
        .distinct()
        .map(AttemptId::parse)
        .filter(task -> !tasks.contains(task))
        .forEach(this::remove);
  }

  private static void add(List<String> found, Map<String, String> labels) {
    if (labels != null && labels.containsKey(TASK_LABEL)) {
      found.add(labels.get(TASK_LABEL));
    }
  }
}
