package dev.spillway.dispatch.wiring;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.command.InspectImageResponse;
import com.github.dockerjava.api.command.WaitContainerResultCallback;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.ContainerConfig;
import com.github.dockerjava.api.model.HealthCheck;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.LogConfig;
import com.github.dockerjava.api.model.Mount;
import com.github.dockerjava.api.model.MountType;
import com.github.dockerjava.api.model.Ulimit;
import dev.spillway.batch.execution.AmbientEnvironment;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.docker.DataFolderId;
import dev.spillway.batch.execution.docker.DockerEngine;
import dev.spillway.batch.execution.docker.DockerNetwork;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.runtimeapi.WorkerContainers;
import dev.spillway.lambda.runtimeapi.WorkerProcesses.Exit;
import dev.spillway.lambda.runtimeapi.WorkerProcesses.Worker;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Function workers as containers of the Docker engine, on Spillway's own network: the image as it
 * is, with a root that is read-only and {@code /tmp} on the host's disk, under an unprivileged user
 * without capabilities, with the function's memory and, once it has started, its CPU.
 *
 * <p>{@code /tmp} is a folder of the host: a tmpfs would count towards the container's memory.
 *
 * <p>Shape: a virtual thread a worker: create, attach, start, wait, tell, remove. Containers carry
 * the data folder's label and the function's; those of a server that was killed are removed at the
 * next start. Source: AWS Lambda Developer Guide, container images, quotas, memory.
 */
final class DockerWorkers implements WorkerContainers, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DockerWorkers.class);

  static final String FUNCTION_LABEL = "dev.spillway.function";

  private static final long MIB = 1024 * 1024;
  private static final double MEMORY_MB_PER_CPU = 1769;
  private static final int PROCESSES_MAX = 1024;
  private static final int FILES_MAX = 1024;

  /** Lambda's {@code sbx_user1051}. */
  private static final int USER = 993;

  private static final int GROUP = 990;
  private static final int SIGKILL_EXIT = 137;
  private static final Duration PULL_MAX = Duration.ofMinutes(15);
  private static final long LAST_OUTPUT_SECONDS_MAX = 5;
  private static final long CLOSE_SECONDS_MAX = 10;

  private final DockerClient client;
  private final DockerNetwork network;
  private final DataFolderId folder;
  private final AmbientEnvironment ambient;
  private final Map<String, Running> workers = new ConcurrentHashMap<>();

  /** One party for us, one for each container that has to be removed before the engine is left. */
  private final Phaser present = new Phaser(1);

  /**
   * Removes what a server before this one left behind.
   *
   * @param ambient gives a worker's variables, as if it were an attempt of its id
   */
  DockerWorkers(
      DockerEngine engine, DockerNetwork network, DataFolderId folder, AmbientEnvironment ambient) {
    this.client = engine.client();
    this.network = network;
    this.folder = folder;
    this.ambient = ambient;
    removeLeftovers();
  }

  private void removeLeftovers() {
    List<Container> left =
        client
            .listContainersCmd()
            .withShowAll(true)
            .withLabelFilter(Map.of(DataFolderId.LABEL, folder.value()))
            .exec()
            .stream()
            .filter(container -> container.getLabels().containsKey(FUNCTION_LABEL))
            .toList();
    for (Container container : left) {
      LOG.info(
          "function={} container={} is of a server that has ended, it is removed",
          container.getLabels().get(FUNCTION_LABEL),
          container.getId());
      present.register();
      Thread.ofVirtual().start(() -> remove(container.getId()));
    }
  }

  // ---- images

  @Override
  public Image find(String uri) {
    try {
      return image(uri).or(() -> pulled(uri)).orElseThrow();
    } catch (RuntimeException e) {
      throw new LambdaException(
          "InvalidParameterValueException",
          400,
          "Source image %s does not exist. Provide a valid source image: the Docker engine has none of this name, and cannot pull one: %s"
              .formatted(uri, DockerEngine.words(e)));
    }
  }

  private Optional<Image> image(String uri) {
    try {
      String id = client.inspectImageCmd(uri).exec().getId();
      return Optional.of(new Image(uri, id.replaceFirst("^sha256:", "")));
    } catch (NotFoundException absent) {
      return Optional.empty();
    }
  }

  private Optional<Image> pulled(String uri) {
    LOG.info("image={} is pulled", uri);
    DockerEngine.pull(client, uri, Optional.empty(), PULL_MAX);
    return image(uri);
  }

  // ---- workers

  @Override
  public Optional<InetAddress> gateway() {
    return Optional.of(network.gateway());
  }

  @Override
  public Map<String, String> variables(String id) {
    return ambient.of(new AttemptId(id, 1));
  }

  @Override
  public boolean runs(String id) {
    return workers.containsKey(id);
  }

  @Override
  public Worker start(Start start, Consumer<InetAddress> address, Consumer<Exit> onExit) {
    Running worker = new Running(new ContainerOutput(start.output()), nanoCpus(start));
    workers.put(start.id(), worker);
    present.register();
    Thread.ofVirtual().name(start.id()).start(() -> run(start, worker, address, onExit));
    return worker;
  }

  private void run(
      Start start, Running worker, Consumer<InetAddress> address, Consumer<Exit> onExit) {
    Exit exit;
    try {
      exit = ran(start, worker, address);
    } catch (IOException | RuntimeException e) {
      LOG.debug("worker={} could not be run", start.id(), e);
      exit = new Exit(OptionalInt.empty(), DockerEngine.words(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      exit = new Exit(OptionalInt.empty(), "interrupted");
    }
    workers.remove(start.id());
    onExit.accept(exit);
    remove(name(start));
  }

  private Exit ran(Start start, Running worker, Consumer<InetAddress> address)
      throws IOException, InterruptedException {
    String id = create(start);
    try (ContainerOutput output = worker.output) {
      client
          .attachContainerCmd(id)
          .withStdOut(true)
          .withStdErr(true)
          .withFollowStream(true)
          .exec(output);
      output.awaitStarted();
      if (!worker.begin(id)) {
        return new Exit(OptionalInt.of(SIGKILL_EXIT), "killed before it was started");
      }
      client.startContainerCmd(id).exec();
      WaitContainerResultCallback end =
          client.waitContainerCmd(id).exec(new WaitContainerResultCallback());
      worker.started(client.inspectContainerCmd(id).exec(), network.name(), address);
      end.awaitStatusCode();
      output.awaitCompletion(LAST_OUTPUT_SECONDS_MAX, TimeUnit.SECONDS);
    }
    return exit(client.inspectContainerCmd(id).exec().getState());
  }

  /** Out of memory is the end of an environment, whichever of its processes was hit. */
  private static Exit exit(ContainerState state) {
    Long code = state.getExitCodeLong();
    if (Boolean.TRUE.equals(state.getOOMKilled())) {
      return new Exit(OptionalInt.of(SIGKILL_EXIT), "out of memory");
    }
    return new Exit(
        code == null ? OptionalInt.empty() : OptionalInt.of(code.intValue()), "exit code " + code);
  }

  private String create(Start start) throws IOException {
    String image = "sha256:" + start.image().sha256();
    CreateContainerCmd command =
        client
            .createContainerCmd(image)
            .withName(name(start))
            .withLabels(
                Map.of(DataFolderId.LABEL, folder.value(), FUNCTION_LABEL, start.functionName()))
            .withUser(user(start.scratch()))
            .withHealthcheck(new HealthCheck().withTest(List.of("NONE")))
            .withEnv(
                start.environment().entrySet().stream()
                    .map(variable -> variable.getKey() + "=" + variable.getValue())
                    .toList())
            .withHostConfig(host(start));
    start.command().workingDirectory().ifPresent(command::withWorkingDir);
    if (!start.command().entryPoint().isEmpty()) {
      command.withEntrypoint(start.command().entryPoint());
      // The engine drops the image's command with its entry point; each stands for itself here.
      command.withCmd(command(image));
    }
    if (!start.command().command().isEmpty()) {
      command.withCmd(start.command().command());
    }
    try {
      return command.exec().getId();
    } catch (NotFoundException e) {
      throw new IllegalStateException(
          "the Docker engine has lost image %s (%s); update the function's code"
              .formatted(start.image().uri(), image),
          e);
    }
  }

  private List<String> command(String image) {
    InspectImageResponse inspected = client.inspectImageCmd(image).exec();
    return Optional.ofNullable(inspected.getConfig())
        .map(ContainerConfig::getCmd)
        .map(List::of)
        .orElse(List.of());
  }

  private static long nanoCpus(Start start) {
    // The engine refuses more than there are.
    int there = Runtime.getRuntime().availableProcessors();
    return (long) (1e9 * Math.min(start.memoryMb() / MEMORY_MB_PER_CPU, there));
  }

  private HostConfig host(Start start) {
    long memory = start.memoryMb() * MIB;
    return HostConfig.newHostConfig()
        .withNetworkMode(network.name())
        .withReadonlyRootfs(true)
        .withMounts(
            List.of(
                new Mount()
                    .withType(MountType.BIND)
                    .withSource(start.scratch().toString())
                    .withTarget("/tmp")))
        .withMemory(memory)
        .withMemorySwap(memory)
        .withPidsLimit((long) PROCESSES_MAX)
        .withUlimits(new Ulimit[] {new Ulimit("nofile", (long) FILES_MAX, (long) FILES_MAX)})
        .withCapDrop(Capability.ALL)
        .withSecurityOpts(List.of("no-new-privileges"))
        // Else /dev/shm could be written to.
        .withIpcMode("none")
        // Output comes to us; the engine need not keep it.
        .withLogConfig(new LogConfig(LogConfig.LoggingType.NONE));
  }

  /**
   * Lambda's user, who gets the folder; a server that is not root cannot give it away, nor remove
   * another user's files, so there its own user runs the container.
   */
  private static String user(Path scratch) throws IOException {
    int own = (int) Files.getAttribute(scratch, "unix:uid");
    if (own != 0) {
      return own + ":" + Files.getAttribute(scratch, "unix:gid");
    }
    Files.setAttribute(scratch, "unix:gid", GROUP);
    Files.setAttribute(scratch, "unix:uid", USER);
    return USER + ":" + GROUP;
  }

  private String name(Start start) {
    return "spillway-" + folder.abbreviated() + "-" + start.id();
  }

  private void remove(String container) {
    try {
      client.removeContainerCmd(container).withForce(true).withRemoveVolumes(true).exec();
    } catch (NotFoundException | ConflictException e) {
      // Never made, gone, or on its way.
    } catch (DockerException e) {
      LOG.warn("container {} is left on the engine: {}", container, DockerEngine.words(e));
    } finally {
      present.arriveAndDeregister();
    }
  }

  /** Their environments were told to end; waits until no container is left. */
  @Override
  public void close() {
    try {
      present.awaitAdvanceInterruptibly(present.arrive(), CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      LOG.warn("{} containers of functions are left; the next start removes them", workers.size());
    }
  }

  private final class Running implements Worker {
    private final ContainerOutput output;
    private String containerId;
    private final long nanoCpus;
    private boolean killed;
    private volatile OptionalInt pid = OptionalInt.empty();

    Running(ContainerOutput output, long nanoCpus) {
      this.output = output;
      this.nanoCpus = nanoCpus;
    }

    /** False when it was killed before. */
    synchronized boolean begin(String id) {
      containerId = id;
      return !killed;
    }

    void started(InspectContainerResponse container, String network, Consumer<InetAddress> address)
        throws IOException {
      var own = container.getNetworkSettings().getNetworks().get(network);
      if (own != null && own.getIpAddress() != null && !own.getIpAddress().isEmpty()) {
        address.accept(InetAddress.getByName(own.getIpAddress()));
      }
      Long leader = container.getState().getPidLong();
      if (leader != null && leader > 0 && ofThisHost(leader)) {
        pid = OptionalInt.of(leader.intValue());
      }
      boolean late;
      synchronized (this) {
        late = killed;
      }
      if (late) {
        // It may have come before the start had an effect.
        kill();
      }
    }

    /** An engine in a virtual machine has processes that this host does not know. */
    private boolean ofThisHost(long leader) {
      try {
        return Files.readString(Path.of("/proc", Long.toString(leader), "cgroup"))
            .contains(containerId);
      } catch (IOException e) {
        return false;
      }
    }

    @Override
    public OptionalInt pid() {
      return pid;
    }

    /** Lambda, too, lets a start have more CPU than the function's memory gives it. */
    @Override
    public void ready() {
      Thread.startVirtualThread(this::limitCpu);
    }

    private void limitCpu() {
      try {
        client.updateContainerCmd(started()).withNanoCPUs(nanoCpus).exec();
      } catch (NotFoundException | ConflictException e) {
        // It has ended.
      } catch (DockerException e) {
        LOG.warn("container {} has all the CPU there is: {}", started(), DockerEngine.words(e));
      }
    }

    private synchronized String started() {
      return containerId;
    }

    @Override
    public void settle() {
      output.settle();
    }

    @Override
    public void kill() {
      String victim;
      synchronized (this) {
        killed = true;
        victim = containerId;
      }
      if (victim == null) {
        return;
      }
      try {
        client.killContainerCmd(victim).exec();
      } catch (NotFoundException | ConflictException e) {
        // It has ended, or has not begun.
      } catch (DockerException e) {
        LOG.warn("container {} could not be killed: {}", victim, DockerEngine.words(e));
      }
    }
  }
}
