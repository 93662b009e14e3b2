package dev.spillway.batch.execution.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.spillway.batch.execution.process.ProcessSupervisor.Spawn;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real supervisor in a JVM of its own, and real processes beneath it. */
class SupervisorTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int SIGTERM = 15;

  /** Fields of {@code /proc/pid/stat}, counted after the name. */
  private static final int GROUP = 2;

  private static final int SESSION = 3;

  @TempDir Path data;
  private SupervisorClient client;
  private final List<Status> told = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() throws IOException {
    // Jobs of a supervisor that is root run as nobody, who must be able to reach their folders.
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
    connect();
  }

  @AfterEach
  void stop() {
    ProcessExecutorTest.end(client);
  }

  private void connect() {
    client = SupervisorClient.connect(data.resolve("supervisor"), ProcessExecutorTest.OPTIONS);
    told.clear();
    client.listen(told::add);
  }

  @Test
  void a_child_has_a_session_no_input_no_other_descriptor_and_default_signals() throws IOException {
    run(
        "child",
        "cat; ls -l /proc/self/fd | wc -l; readlink /proc/self/fd/0;"
            + " grep -E '^(SigBlk|SigIgn)' /proc/self/status | sed 's/.*\\t0*//; /^180000000$/d; /^$/d';"
            + " [ $(cut -d' ' -f6 /proc/$$/stat) -eq $$ ] && echo leader");

    // The C library keeps signals 32 and 33 (mask 180000000) to itself.
    // "total", 0 to 2, and the one that ls itself opens.
    assertThat(output("child")).isEqualTo("5\n/dev/null\nleader\n");
  }

  @Test
  void a_job_of_root_is_not_root_and_cannot_read_roots_files_or_the_supervisors_memory()
      throws IOException {
    assumeTrue(Files.getOwner(data).getName().equals("root"), "only for a test run by root");
    Path secret = Files.writeString(data.resolve("secret"), "secret");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));

    run(
        "nobody",
        "id -u; id -G; cat "
            + secret
            + "; cat /proc/$PPID/maps; cat /proc/$PPID/task/*/maps;"
            + " grep NoNewPrivs /proc/self/status | tr -d '\\t'; touch mine && echo wrote");

    assertThat(output("nobody").lines().filter(line -> !line.contains("Permission denied")))
        .containsExactly("65534", "65534", "NoNewPrivs:1", "wrote");
  }

  @Test
  void a_class_path_that_only_root_reads_does_not_hinder_jobs_of_nobody() throws IOException {
    assumeTrue(Files.getOwner(data).getName().equals("root"), "only for a test run by root");
    Path closed = Files.createDirectory(data.resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    copySupervisorClasses(closed);
    Path folder = closed.resolve("supervisor");
    Files.createDirectory(folder);
    Process supervisor = startSupervisor(closed, folder);
    // Else the client starts one of its own, from a class path that all can read.
    await().atMost(PATIENCE).until(() -> Files.exists(folder.resolve("socket")));
    try (var other = SupervisorClient.connect(folder, ProcessExecutorTest.OPTIONS)) {
      List<Status> seen = new CopyOnWriteArrayList<>();
      other.listen(seen::add);

      other.spawn(spawn("bad", List.of("/bin/no-such-program"), false));
      other.spawn(spawn("good", List.of("/bin/sh", "-c", "exit 3"), false));

      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(seen).anyMatch(Status.Ended.class::isInstance));
      assertThat(seen).anyMatch(Status.NotStarted.class::isInstance);
      assertThat(other.supervisorPid()).isEqualTo(supervisor.pid());
    } finally {
      supervisor.destroyForcibly();
    }
  }

  private static void copySupervisorClasses(Path to) throws IOException {
    Path classes =
        Path.of(
            SupervisorClient.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    Path packages = Path.of("dev/spillway/batch/execution/process");
    try (Stream<Path> files = Files.walk(classes.resolve(packages))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = to.resolve(classes.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
  }

  private static Process startSupervisor(Path classes, Path folder) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classes.toString(),
            "dev.spillway.batch.execution.process.supervisor.SupervisorMain",
            folder.toString(),
            "quietMillis=30000")
        .inheritIO()
        .start();
  }

  @Test
  void a_job_that_may_not_enter_a_folder_on_its_way_is_told_which_and_what_to_do()
      throws IOException {
    assumeTrue(Files.getOwner(data).getName().equals("root"), "only for a test run by root");
    Path closed = Files.createDirectory(data.resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));

    client.spawn(
        new Spawn(
            "far",
            List.of("/bin/true"),
            Map.of(),
            closed.resolve("work"),
            data.resolve("far.log"),
            false));

    await().atMost(PATIENCE).until(() -> !told.isEmpty());
    assertThat(((Status.NotStarted) told.getFirst()).reason())
        .contains("ermission denied", "user 65534:65534", "chmod o+x " + closed);
  }

  @Test
  void a_data_folder_in_a_closed_folder_is_reached_by_jobs_and_what_lies_beside_it_is_not()
      throws IOException {
    assumeTrue(Files.getOwner(data).getName().equals("root"), "only for a test run by root");
    Path home = Files.createDirectory(data.resolve("home"));
    Path beside = Files.createDirectory(home.resolve("beside"));
    Path server = Files.createDirectories(home.resolve("deep/server"));
    for (Path closed : List.of(home, server)) {
      Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    }
    Path work = server.resolve("work/one");
    Path log = server.resolve("log");
    try (var other =
        SupervisorClient.connect(server.resolve("supervisor"), ProcessExecutorTest.OPTIONS)) {
      List<Status> seen = new CopyOnWriteArrayList<>();
      other.listen(seen::add);

      other.spawn(
          new Spawn(
              "inside",
              List.of("/bin/sh", "-c", "echo hi > " + work + "/x; ls -d " + beside),
              Map.of("PATH", "/usr/bin:/bin", "TMPDIR", work + "/tmp"),
              work,
              log,
              false));

      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(seen).anyMatch(Status.Ended.class::isInstance));
      assertThat(work.resolve("x")).hasContent("hi");
      assertThat(Files.readString(log)).contains(beside.toString(), "No such file");
      other.forget("inside");
    }
    assertThat(Files.getPosixFilePermissions(home))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    assertThat(beside).exists();
  }

  @Test
  void a_signal_reaches_the_whole_group_and_nothing_stays_behind() {
    client.spawn(spawn("group", List.of("/bin/sh", "-c", "sleep 601 & sleep 601 & wait"), false));
    long leader = running("group").pid();
    await().atMost(PATIENCE).until(() -> groupOf(leader) == 3);

    client.signal("group", SIGTERM);

    assertThat(ended("group").exitCode()).hasValue(128 + SIGTERM);
    await().atMost(PATIENCE).until(() -> groupOf(leader) == 0);
  }

  @Test
  void a_kill_reaches_every_group_of_the_jobs_session() {
    String script = "for (1, 2) { if (!fork) { setpgrp(0, 0); sleep 606; exit } } wait; wait";
    client.spawn(spawn("groups", List.of("/usr/bin/perl", "-e", script), false));
    long leader = running("groups").pid();
    await().atMost(PATIENCE).until(() -> count(leader, SESSION) == 3 && count(leader, GROUP) == 1);

    client.signal("groups", 9);

    assertThat(ended("groups").exitCode()).hasValue(137);
    await().atMost(PATIENCE).until(() -> count(leader, SESSION) == 0);
  }

  @Test
  void a_supervisor_that_cannot_start_says_why_at_once() throws IOException {
    Path folder = Files.createDirectories(data.resolve("broken/supervisor"));
    Files.createDirectory(folder.resolve("records"));

    assertThatThrownBy(() -> SupervisorClient.connect(folder, ProcessExecutorTest.OPTIONS))
        .hasMessageContaining("cannot start");
  }

  @Test
  void what_a_job_leaves_running_goes_with_it() {
    client.spawn(spawn("leaver", List.of("/bin/sh", "-c", "sleep 602 & exit 0"), false));
    long leader = running("leaver").pid();

    assertThat(ended("leaver").exitCode()).hasValue(0);

    await().atMost(PATIENCE).until(() -> groupOf(leader) == 0);
  }

  @Test
  void many_processes_leave_no_zombie_and_no_open_descriptor() throws IOException {
    run("first", "exit 0");
    long before = descriptors();

    for (int i = 0; i < 200; i++) {
      client.spawn(spawn("many" + i, List.of("/bin/sh", "-c", "exit 1"), false));
      client.spawn(spawn("none" + i, List.of("/no/such/program"), false));
    }
    await()
        .atMost(PATIENCE)
        .until(() -> told.stream().filter(one -> !(one instanceof Status.Running)).count() == 401);

    assertThat(told.stream().filter(Status.NotStarted.class::isInstance)).hasSize(200);
    assertThat(descriptors()).isLessThanOrEqualTo(before + 2);
    assertThat(ProcessHandle.of(client.supervisorPid()).orElseThrow().children()).isEmpty();
  }

  @Test
  void the_records_and_the_processes_outlive_a_killed_supervisor() {
    assertThat(run("done", "exit 7").exitCode()).hasValue(7);
    run("dropped", "exit 0");
    client.forget("dropped");
    client.list();
    Path go = data.resolve("go");
    client.spawn(
        spawn(
            "alive",
            List.of("/bin/sh", "-c", "until [ -e " + go + " ]; do sleep 0.05; done"),
            false));
    client.spawn(spawn("doomed", List.of("/bin/sleep", "600"), false));
    client.spawn(spawn("worker", List.of("/bin/sleep", "603"), true));
    running("alive");
    running("worker");
    long worker = running("worker").pid();
    long doomed = running("doomed").pid();
    long first = client.supervisorPid();

    told.clear();
    ProcessHandle.of(doomed).orElseThrow().destroyForcibly();
    ProcessHandle.of(first).orElseThrow().destroyForcibly();
    await()
        .atMost(PATIENCE)
        .until(() -> client.supervisorPid() > 0 && client.supervisorPid() != first);

    assertThat(ended("done").exitCode()).hasValue(7);
    assertThat(running("alive").pid()).isPositive();
    assertThat(ended("doomed")).isNotNull();
    await().atMost(PATIENCE).until(() -> ProcessHandle.of(worker).isEmpty());
    assertThat(client.list()).noneMatch(one -> one.id().equals("dropped"));
    touch(go);
    assertThat(ended("alive").exitCode()).isEmpty();
    assertThat(told.stream().filter(one -> one.id().equals("alive") && one instanceof Status.Ended))
        .hasSize(1);
  }

  @Test
  void a_spawn_that_no_supervisor_answered_is_sent_to_the_next_one() {
    ProcessHandle.of(client.supervisorPid()).orElseThrow().destroyForcibly();

    client.spawn(spawn("again", List.of("/bin/sh", "-c", "exit 4"), false));

    assertThat(ended("again").exitCode()).hasValue(4);
  }

  @Test
  void a_tied_process_ends_with_the_connection_and_leaves_no_record() {
    client.spawn(spawn("tied", List.of("/bin/sleep", "604"), true));
    client.spawn(spawn("free", List.of("/bin/sleep", "605"), false));
    long tied = running("tied").pid();
    running("free");
    client.close();

    connect();

    await().atMost(PATIENCE).until(() -> ProcessHandle.of(tied).isEmpty());
    await().atMost(PATIENCE).until(() -> client.list().size() == 1);
    assertThat(client.list()).singleElement().isInstanceOf(Status.Running.class);
  }

  @Test
  void a_second_start_finds_the_first_and_an_idle_one_ends_by_itself() throws Exception {
    long pid = client.supervisorPid();
    Process second =
        startSupervisor(
            Path.of(
                SupervisorClient.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .getPath()),
            data.resolve("supervisor"));
    assertThat(second.waitFor()).isZero();
    try (var other =
        SupervisorClient.connect(data.resolve("supervisor"), ProcessExecutorTest.OPTIONS)) {
      assertThat(other.supervisorPid()).isEqualTo(pid);
    }

    client.close();

    await().atMost(PATIENCE).until(() -> ProcessHandle.of(pid).isEmpty());
    assertThat(data.resolve("supervisor/socket")).doesNotExist();
    connect();
  }

  @Test
  void a_supervisor_whose_folder_was_deleted_ends_although_records_are_left() throws IOException {
    Path folder = data.resolve("other/supervisor");
    long pid;
    try (var other = SupervisorClient.connect(folder, ProcessExecutorTest.OPTIONS)) {
      pid = other.supervisorPid();
      other.spawn(spawn("record", List.of("/bin/sh", "-c", "exit 0"), false));
      await()
          .atMost(PATIENCE)
          .until(() -> other.list().stream().anyMatch(Status.Ended.class::isInstance));
    }

    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }

    await().atMost(PATIENCE).until(() -> ProcessHandle.of(pid).isEmpty());
  }

  @Test
  void a_folder_with_a_long_path_has_its_socket_elsewhere() throws IOException {
    Path deep = data.resolve("a".repeat(60)).resolve("b".repeat(60)).resolve("supervisor");
    try (var other = SupervisorClient.connect(deep, ProcessExecutorTest.OPTIONS)) {
      assertThat(other.list()).isEmpty();
      assertThat(Files.readString(deep.resolve("address"))).startsWith("/tmp/spillway-");
    }
  }

  private Status.Ended run(String id, String script) {
    client.spawn(spawn(id, List.of("/bin/sh", "-c", script), false));
    return ended(id);
  }

  private Spawn spawn(String id, List<String> command, boolean tied) {
    return new Spawn(
        id,
        command,
        Map.of("PATH", "/usr/bin:/bin"),
        data.resolve("work").resolve(id),
        data.resolve("logs").resolve(id),
        tied);
  }

  private Status.Running running(String id) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                told.stream()
                    .anyMatch(one -> one.id().equals(id) && one instanceof Status.Running));
    return told.stream()
        .filter(one -> one.id().equals(id))
        .filter(Status.Running.class::isInstance)
        .map(Status.Running.class::cast)
        .findFirst()
        .orElseThrow();
  }

  private Status.Ended ended(String id) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                told.stream().anyMatch(one -> one.id().equals(id) && one instanceof Status.Ended));
    return told.stream()
        .filter(one -> one.id().equals(id))
        .filter(Status.Ended.class::isInstance)
        .map(Status.Ended.class::cast)
        .findFirst()
        .orElseThrow();
  }

  private String output(String id) throws IOException {
    return Files.readString(data.resolve("logs").resolve(id));
  }

  private static void touch(Path file) {
    try {
      Files.createFile(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Living members of a process group. */
  private static long groupOf(long leader) {
    return count(leader, GROUP);
  }

  /** Living processes whose field of {@code /proc/pid/stat} is the leader's id. */
  private static long count(long leader, int field) {
    return ProcessHandle.allProcesses()
        .filter(
            one -> {
              try {
                String stat = Files.readString(Path.of("/proc", Long.toString(one.pid()), "stat"));
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                return !fields[0].equals("Z") && Long.parseLong(fields[field]) == leader;
              } catch (IOException e) {
                return false;
              }
            })
        .count();
  }

  /** But for those of control groups: each slot has some, and there are few slots. */
  private long descriptors() throws IOException {
    try (Stream<Path> open =
        Files.list(Path.of("/proc", Long.toString(client.supervisorPid()), "fd"))) {
      return open.filter(one -> !target(one).startsWith("/sys/fs/cgroup")).count();
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return "closed meanwhile";
    }
  }
}
