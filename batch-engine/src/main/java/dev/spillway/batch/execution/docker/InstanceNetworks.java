package dev.spillway.batch.execution.docker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import dev.spillway.batch.execution.AttemptId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The networks of instances: one container that does nothing holds each, and the containers of jobs
 * join it, as those of an EC2 instance have that instance's network. It costs a start less than a
 * network of its own.
 *
 * <p>A holder is made for the first job of an instance, and goes when none has run there for a
 * while.
 */
final class InstanceNetworks {
  private static final String INSTANCE_LABEL = "dev.spillway.instance";
  private static final long IDLE_NANOS_MAX = 120_000_000_000L;

  private final DockerClient client;
  private final DataFolderId folder;
  private final String network;
  private final Map<String, Holder> holders = new HashMap<>();

  /** Who uses it, and since when nobody does. */
  private static final class Holder {
    private final Set<AttemptId> users = new HashSet<>();
    private long idleSince;
  }

  InstanceNetworks(DockerClient client, DataFolderId folder, String network) {
    this.client = client;
    this.folder = folder;
    this.network = network;
  }

  /** The network mode of a container there. */
  synchronized String join(String instance, AttemptId user) {
    Holder holder = holders.get(instance);
    if (holder == null) {
      holder = new Holder();
      make(instance);
      holders.put(instance, holder);
    }
    holder.users.add(user);
    return "container:" + name(instance);
  }

  /** It may have been taken away: it is there when this returns. */
  synchronized void make(String instance) {
    PauseImage.hold(
        client,
        name(instance),
        Map.of(Containers.DATA_LABEL, folder.value(), INSTANCE_LABEL, instance),
        network);
  }

  private String name(String instance) {
    return "spillway-" + folder.abbreviated() + "-" + instance;
  }

  /** A container has ended. */
  synchronized void leave(AttemptId user) {
    for (Holder holder : holders.values()) {
      if (holder.users.remove(user) && holder.users.isEmpty()) {
        holder.idleSince = System.nanoTime();
      }
    }
    sweep(IDLE_NANOS_MAX);
  }

  /** Removes those that nobody has used for so long. */
  synchronized void sweep(long idleNanos) {
    holders
        .entrySet()
        .removeIf(
            entry -> {
              boolean idle =
                  entry.getValue().users.isEmpty()
                      && System.nanoTime() - entry.getValue().idleSince >= idleNanos;
              if (idle) {
                remove(name(entry.getKey()));
              }
              return idle;
            });
  }

  private void remove(String container) {
    try {
      client.removeContainerCmd(container).withForce(true).exec();
    } catch (NotFoundException | ConflictException e) {
      // Gone, or on its way.
    }
  }

  /** After a restart: who runs, by container, and in whose network. */
  synchronized void recover(Map<AttemptId, String> networkModes) {
    Map<String, String> ours = Map.of(Containers.DATA_LABEL, folder.value());
    for (var container :
        client.listContainersCmd().withShowAll(true).withLabelFilter(ours).exec()) {
      String instance = container.getLabels().get(INSTANCE_LABEL);
      if (instance == null) {
        continue;
      }
      var holder = new Holder();
      networkModes.forEach(
          (attempt, mode) -> {
            if (mode.equals("container:" + container.getId())
                || mode.equals("container:" + name(instance))) {
              holder.users.add(attempt);
            }
          });
      if (holder.users.isEmpty()) {
        remove(container.getId());
      } else {
        holders.put(instance, holder);
      }
    }
  }
}
