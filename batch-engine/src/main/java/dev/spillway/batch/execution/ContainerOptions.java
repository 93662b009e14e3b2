package dev.spillway.batch.execution;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a job definition may ask of a container engine beside a command and its limits.
 *
 * <p>Units: sizes in MiB, but for {@code scratchGib}. <br>
 * Source: AWS Batch API, ContainerProperties, LinuxParameters, Ulimit, MountPoint.
 *
 * @param scratchGib size of the writable layer, GiB
 * @param credentials for the image's registry
 * @param hostNamespaces of {@code ipc} and {@code pid}, those that are the host's
 * @param task the containers it shares its network and volumes with
 * @param instance the instance whose network it has, with all others there; empty: one of its own
 */
public record ContainerOptions(
    List<Ulimit> ulimits,
    Linux linux,
    List<Mount> mounts,
    int gpus,
    OptionalInt scratchGib,
    Optional<RegistryCredentials> credentials,
    List<String> hostNamespaces,
    Optional<TaskPlace> task,
    Optional<String> instance) {

  /** Nothing is asked for. */
  public static final ContainerOptions NONE =
      new ContainerOptions(
          List.of(),
          Linux.NONE,
          List.of(),
          0,
          OptionalInt.empty(),
          Optional.empty(),
          List.of(),
          Optional.empty(),
          Optional.empty());

  /** One resource limit; -1 is none. */
  public record Ulimit(String name, long soft, long hard) {}

  /**
   * {@code linuxParameters}.
   *
   * @param maxSwapMib beside the memory; empty: none
   * @param swappiness 0 to 100, without effect when there is no {@code maxSwapMib}
   */
  public record Linux(
      boolean init,
      OptionalLong sharedMemoryMib,
      List<Tmpfs> tmpfs,
      List<Device> devices,
      OptionalLong maxSwapMib,
      OptionalInt swappiness) {
    static final Linux NONE =
        new Linux(
            false,
            OptionalLong.empty(),
            List.of(),
            List.of(),
            OptionalLong.empty(),
            OptionalInt.empty());
  }

  public record Tmpfs(String containerPath, long sizeMib, List<String> mountOptions) {}

  /** {@code permissions}: of {@code r}, {@code w} and {@code m}. */
  public record Device(String hostPath, String containerPath, String permissions) {}

  /**
   * A volume in the container.
   *
   * @param hostPath empty: it lives as long as the task, and its containers share it by name
   */
  public record Mount(
      String volume, Optional<String> hostPath, String containerPath, boolean readOnly) {}

  /** Of a private registry. */
  public record RegistryCredentials(String username, String password) {
    @Override
    public String toString() {
      return "RegistryCredentials[" + username + "]";
    }
  }

  /**
   * Where a container of a task with more than one stands.
   *
   * @param task the attempt that all its containers belong to
   * @param node of a multi-node job
   * @param ownNetwork the nodes of the task have a network of their own
   * @param sharedNetwork the containers of this node share one address and loopback
   */
  public record TaskPlace(
      AttemptId task, OptionalInt node, boolean ownNetwork, boolean sharedNetwork) {}

  /** The same, with the network of that instance. */
  public ContainerOptions on(String instanceId) {
    return new ContainerOptions(
        ulimits,
        linux,
        mounts,
        gpus,
        scratchGib,
        credentials,
        hostNamespaces,
        task,
        Optional.of(instanceId));
  }

  ContainerOptions withoutScratchLimit() {
    return new ContainerOptions(
        ulimits,
        linux,
        mounts,
        gpus,
        OptionalInt.empty(),
        credentials,
        hostNamespaces,
        task,
        instance);
  }

  /** The first member, in AWS's words, that only a container engine can give; empty for none. */
  public Optional<String> needsEngine() {
    if (!mounts.isEmpty()) {
      return Optional.of("mountPoints");
    }
    if (!ulimits.isEmpty()) {
      return Optional.of("ulimits");
    }
    if (gpus > 0) {
      return Optional.of("resourceRequirements of type GPU");
    }
    if (!linux.tmpfs().isEmpty()) {
      return Optional.of("linuxParameters.tmpfs");
    }
    if (!linux.devices().isEmpty()) {
      return Optional.of("linuxParameters.devices");
    }
    if (linux.sharedMemoryMib().isPresent()) {
      return Optional.of("linuxParameters.sharedMemorySize");
    }
    if (linux.maxSwapMib().isPresent()) {
      return Optional.of("linuxParameters.maxSwap");
    }
    return Optional.empty();
  }
}
