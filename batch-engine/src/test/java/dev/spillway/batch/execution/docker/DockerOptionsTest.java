package dev.spillway.batch.execution.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ContainerOptions;
import dev.spillway.batch.execution.ContainerOptions.Device;
import dev.spillway.batch.execution.ContainerOptions.Linux;
import dev.spillway.batch.execution.ContainerOptions.Mount;
import dev.spillway.batch.execution.ContainerOptions.Tmpfs;
import dev.spillway.batch.execution.ContainerOptions.Ulimit;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.testkit.RequiresDocker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each member that a container engine can do, as a job sees it from inside. */
@RequiresDocker
class DockerOptionsTest {
  private static final Linux NO_LINUX = ContainerOptions.NONE.linux();

  @TempDir Path data;
  private DockerRig rig;

  @BeforeEach
  void open() {
    rig = new DockerRig(DockerEngine.find().orElseThrow(), data);
  }

  @AfterEach
  void close() {
    rig.close();
    rig.engine.close();
  }

  /** What a test asks for; the rest is as in {@link ContainerOptions#NONE}. */
  private static ContainerOptions asking(
      List<Ulimit> ulimits,
      Linux linux,
      List<Mount> mounts,
      int gpus,
      OptionalInt scratchGib,
      List<String> hostNamespaces) {
    return new ContainerOptions(
        ulimits,
        linux,
        mounts,
        gpus,
        scratchGib,
        Optional.empty(),
        hostNamespaces,
        Optional.empty(),
        Optional.empty());
  }

  private static ContainerOptions with(Linux linux) {
    return asking(List.of(), linux, List.of(), 0, OptionalInt.empty(), List.of());
  }

  private static ContainerOptions with(List<Mount> mounts) {
    return asking(List.of(), NO_LINUX, mounts, 0, OptionalInt.empty(), List.of());
  }

  private static Linux linux(boolean init, OptionalLong shm, List<Tmpfs> tmpfs, List<Device> dev) {
    return new Linux(init, shm, tmpfs, dev, OptionalLong.empty(), OptionalInt.empty());
  }

  @Test
  void ulimits() {
    var options =
        asking(
            List.of(new Ulimit("nofile", 100, 200), new Ulimit("core", 0, 0)),
            NO_LINUX,
            List.of(),
            0,
            OptionalInt.empty(),
            List.of());
    assertThat(rig.run(options, "ulimit -Sn; ulimit -Hn; ulimit -c")).isEqualTo("100\n200\n0\n");
  }

  @Test
  void an_init_process_is_the_first_and_reaps() {
    Linux init = linux(true, OptionalLong.empty(), List.of(), List.of());
    assertThat(rig.run(with(init), "/bin/busybox cat /proc/1/comm")).contains("init");
  }

  @Test
  void shared_memory_and_tmpfs_have_their_sizes() {
    Linux linux =
        linux(
            false,
            OptionalLong.of(8),
            List.of(new Tmpfs("/scratch", 4, List.of("noexec"))),
            List.of());
    String mounts = rig.run(with(linux), "/bin/busybox cat /proc/mounts");
    assertThat(mounts.lines().filter(l -> l.contains(" /dev/shm ")))
        .singleElement()
        .asString()
        .contains("size=8192k");
    assertThat(mounts.lines().filter(l -> l.contains(" /scratch ")))
        .singleElement()
        .asString()
        .contains("size=4096k", "noexec");
  }

  @Test
  void a_device_of_the_host() {
    Linux linux =
        linux(
            false,
            OptionalLong.empty(),
            List.of(),
            List.of(new Device("/dev/zero", "/dev/nothing", "r")));
    assertThat(rig.run(with(linux), "/bin/busybox head -c 3 /dev/nothing | /bin/busybox wc -c"))
        .isEqualTo("3\n");
  }

  @Test
  void swap_is_beside_the_memory() {
    var linux =
        new Linux(
            false,
            OptionalLong.empty(),
            List.of(),
            List.of(),
            OptionalLong.of(32),
            OptionalInt.of(10));
    var attempt =
        DockerRig.attempt(data, new AttemptId("swap", 1), with(linux), "/bin/busybox sleep 60");
    rig.executor.start(attempt);
    org.awaitility.Awaitility.await().atMost(DockerRig.PATIENCE).until(() -> !rig.events.isEmpty());
    var host =
        rig.engine
            .client()
            .inspectContainerCmd(Containers.name(rig.folder, attempt.id()))
            .exec()
            .getHostConfig();
    assertThat(host.getMemory()).isEqualTo(64L << 20);
    assertThat(host.getMemorySwap()).isEqualTo(96L << 20);
    assertThat(host.getMemorySwappiness()).isEqualTo(10);
  }

  @Test
  void a_folder_of_the_host_is_mounted_and_may_be_read_only() throws Exception {
    Path folder = Files.createDirectories(data.resolve("shared"));
    Files.writeString(folder.resolve("in"), "hello\n");
    List<Mount> mounts =
        List.of(
            new Mount("v", Optional.of(folder.toString()), "/in", true),
            new Mount("v", Optional.of(folder.toString()), "/out", false));

    String log =
        rig.run(
            with(mounts),
            "/bin/busybox cat /in/in; echo x > /in/no || echo refused; echo there > /out/out");

    assertThat(log).contains("hello\n").contains("refused");
    assertThat(folder.resolve("out")).hasContent("there");
    assertThat(folder.resolve("no")).doesNotExist();
  }

  @Test
  void a_volume_without_a_host_path_lives_as_long_as_the_attempt() {
    List<Mount> mounts =
        List.of(
            new Mount("scratch", Optional.empty(), "/a", false),
            new Mount("scratch", Optional.empty(), "/b", false));
    var attempt =
        DockerRig.attempt(
            data,
            new AttemptId("volume", 1),
            with(mounts),
            "echo x > /a/f; read y < /b/f; echo $y");
    rig.executor.start(attempt);
    rig.end(attempt.id());
    assertThat(DockerRig.log(attempt)).isEqualTo("x\n");
    assertThat(volumes()).isNotEmpty();

    rig.executor.forget(attempt.id());

    org.awaitility.Awaitility.await().atMost(DockerRig.PATIENCE).until(() -> volumes().isEmpty());
  }

  private List<String> volumes() {
    return rig.engine.client().listVolumesCmd().exec().getVolumes().stream()
        .map(v -> v.getName())
        .filter(name -> name.startsWith("spillway-" + rig.folder.abbreviated()))
        .toList();
  }

  @Test
  void a_disk_limit_that_the_engine_cannot_set_does_not_stop_the_job() {
    var options = asking(List.of(), NO_LINUX, List.of(), 0, OptionalInt.of(21), List.of());
    assertThat(rig.run(options, "echo ran")).isEqualTo("ran\n");
  }

  @Test
  void a_gpu_that_the_engine_has_not_got_is_refused_in_its_words() {
    var options = asking(List.of(), NO_LINUX, List.of(), 1, OptionalInt.empty(), List.of());
    var attempt = DockerRig.attempt(data, new AttemptId("gpu", 1), options, "echo ran");
    rig.executor.start(attempt);
    assertThat(rig.end(attempt.id()))
        .isInstanceOfSatisfying(
            ExecutionEvent.StartFailed.class,
            failed ->
                assertThat(failed.reason())
                    .startsWith("CannotStartContainerError: ")
                    .contains("gpu"));
  }

  @Test
  void containers_of_an_instance_share_its_network_and_others_do_not() {
    String script = "/bin/busybox readlink /proc/self/ns/net";
    String here = rig.run(ContainerOptions.NONE.on("i-1"), script);
    assertThat(rig.run(ContainerOptions.NONE.on("i-1"), script)).isEqualTo(here);
    assertThat(rig.run(ContainerOptions.NONE.on("i-2"), script)).isNotEqualTo(here);
    assertThat(rig.run(ContainerOptions.NONE, script)).isNotEqualTo(here);
  }

  @Test
  void an_instances_network_that_was_taken_away_is_made_again() {
    assertThat(rig.run(ContainerOptions.NONE.on("i-1"), "echo one")).isEqualTo("one\n");
    rig.engine
        .client()
        .removeContainerCmd("spillway-" + rig.folder.abbreviated() + "-i-1")
        .withForce(true)
        .exec();
    assertThat(rig.run(ContainerOptions.NONE.on("i-1"), "echo two")).isEqualTo("two\n");
  }

  @Test
  void a_namespace_of_the_host() {
    var options = asking(List.of(), NO_LINUX, List.of(), 0, OptionalInt.empty(), List.of("pid"));
    assertThat(rig.run(options, "echo $$").strip()).isNotEqualTo("1");
  }
}
