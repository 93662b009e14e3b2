package dev.spillway.batch.execution.docker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.DeviceRequest;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.LogConfig;
import com.github.dockerjava.api.model.Ulimit;
import com.github.dockerjava.api.model.Volume;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.ContainerOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Function;

/**
 * What the engine is asked for, made from what the job definition asked for.
 *
 * <p>Units: 1024 CPU shares a vCPU; memory is a hard limit, and swap adds nothing to it unless
 * {@code maxSwap} says so. <br>
 * Source: AWS Batch API, ContainerProperties, LinuxParameters; the mapping to {@code docker run} in
 * the ECS task definition's reference.
 */
final class ContainerCommand {
  private static final long MIB = 1024 * 1024;

  /** The engine refuses less. */
  private static final long MEMORY_MIN = 6 * MIB;

  private static final int CPU_SHARES_MIN = 2;

  /**
   * Far above what is kept of a log: the engine's own limit drops the beginning, by which a copy is
   * gone on with after a restart.
   */
  private static final String LOG_MAX = "4g";

  private ContainerCommand() {}

  /**
   * The command that creates the container.
   *
   * @param network name, or {@code container:} and the one whose network it shares
   * @param volumes what a volume of the task is called on the engine
   */
  static CreateContainerCmd of(
      DockerClient client,
      Attempt attempt,
      SortedMap<String, String> environment,
      String network,
      Function<String, String> volumes) {
    CreateContainerCmd command =
        client
            .createContainerCmd(attempt.image())
            .withHostConfig(host(attempt, network, volumes))
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

  private static HostConfig host(
      Attempt attempt, String network, Function<String, String> volumes) {
    ContainerOptions options = attempt.options();
    ContainerOptions.Linux linux = options.linux();
    long memory = Math.max(attempt.memoryMib() * MIB, MEMORY_MIN);
    HostConfig host =
        HostConfig.newHostConfig()
            .withCpuShares(Math.max((int) Math.round(attempt.vcpus() * 1024), CPU_SHARES_MIN))
            .withMemory(memory)
            .withMemorySwap(memory + linux.maxSwapMib().orElse(0) * MIB)
            .withPrivileged(attempt.privileged())
            .withReadonlyRootfs(attempt.readonlyRootFilesystem())
            .withNetworkMode(network)
            .withInit(linux.init())
            // Whatever the engine's default is: our log is a copy, and needs all of it, in order.
            .withLogConfig(
                new LogConfig(
                    LogConfig.LoggingType.JSON_FILE, Map.of("max-size", LOG_MAX, "max-file", "1")))
            .withUlimits(
                options.ulimits().stream()
                    .map(u -> new Ulimit(u.name(), u.soft(), u.hard()))
                    .toList())
            .withBinds(
                options.mounts().stream()
                    .map(
                        m ->
                            new Bind(
                                m.hostPath().orElseGet(() -> volumes.apply(m.volume())),
                                new Volume(m.containerPath()),
                                m.readOnly() ? AccessMode.ro : AccessMode.rw))
                    .toList())
            .withTmpFs(tmpfs(linux))
            .withDevices(
                linux.devices().stream()
                    .map(d -> new Device(d.permissions(), d.containerPath(), d.hostPath()))
                    .toList());
    if (linux.maxSwapMib().isPresent() && linux.swappiness().isPresent()) {
      host.withMemorySwappiness((long) linux.swappiness().getAsInt());
    }
    linux.sharedMemoryMib().ifPresent(mib -> host.withShmSize(mib * MIB));
    if (options.gpus() > 0) {
      host.withDeviceRequests(
          List.of(
              new DeviceRequest()
                  .withCount(options.gpus())
                  .withCapabilities(List.of(List.of("gpu")))));
    }
    if (options.hostNamespaces().contains("ipc")) {
      host.withIpcMode("host");
    }
    if (options.hostNamespaces().contains("pid")) {
      host.withPidMode("host");
    }
    options
        .scratchGib()
        .ifPresent(gib -> host.withStorageOpt(new LinkedHashMap<>(Map.of("size", gib + "G"))));
    return host;
  }

  private static Map<String, String> tmpfs(ContainerOptions.Linux linux) {
    Map<String, String> mounts = new LinkedHashMap<>();
    for (ContainerOptions.Tmpfs tmpfs : linux.tmpfs()) {
      List<String> mountOptions = new ArrayList<>(tmpfs.mountOptions());
      mountOptions.add("size=" + tmpfs.sizeMib() + "m");
      mounts.put(tmpfs.containerPath(), String.join(",", mountOptions));
    }
    return mounts;
  }
}
