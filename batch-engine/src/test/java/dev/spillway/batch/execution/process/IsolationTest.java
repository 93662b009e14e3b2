package dev.spillway.batch.execution.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.spillway.batch.execution.process.ProcessSupervisor.Excess;
import dev.spillway.batch.execution.process.ProcessSupervisor.Limits;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import dev.spillway.batch.execution.process.SupervisedJobs.Script;
import dev.spillway.batch.execution.process.supervisor.Isolation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What keeps jobs apart, each with what this host has for it. */
class IsolationTest {
  private static final Limits LIMITS = SupervisedJobs.LIMITS;

  /** Fills 256 MiB, and stays. */
  private static final String HOG = "my @a; for (1..256) { push @a, \"x\" x 1048576 } sleep 600";

  /** Leaves a daemon of a session of its own behind, which writes its id into the output. */
  private static final String DAEMON =
      "use POSIX; if (!fork) { setsid(); if (!fork) { $| = 1; print \"$$\\n\"; sleep 611 } exit }"
          + " wait; sleep 1 while !-s \"/proc/self/fd/1\"; exit 0";

  /** Where a test can only be run with what the host has. */
  enum Means {
    V1(Optional.of(Path.of("/sys/fs/cgroup")), "cgroup v1 (memory"),
    V2(Optional.of(Path.of("/sys/fs/cgroup/unified")), "cgroup v2"),
    WATCH(Optional.empty(), "private /tmp");

    private final Isolation isolation;
    private final String needed;

    Means(Optional<Path> cgroups, String needed) {
      this.isolation = new Isolation(cgroups, true, true);
      this.needed = needed;
    }
  }

  @TempDir Path data;

  @BeforeEach
  void open() throws IOException {
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private SupervisedJobs start(Means means) {
    var jobs = new SupervisedJobs(data, means.isolation);
    if (!jobs.client.strength().text().contains(means.needed)) {
      jobs.close();
      assumeTrue(false, "this host has: " + jobs.client.strength().text());
    }
    return jobs;
  }

  @ParameterizedTest
  @EnumSource(Means.class)
  void what_goes_over_its_memory_is_killed_and_the_status_says_so(Means means) {
    try (var jobs = start(means)) {
      jobs.start("hog", LIMITS, "/usr/bin/perl", "-e", HOG);
      jobs.start("beside", LIMITS, new Script("sleep 1; exit 3"));

      Status.Ended hog = jobs.ended("hog");

      assertThat(hog.exitCode()).hasValue(137);
      assertThat(hog.excess().map(Excess::kind)).contains(Excess.Kind.MEMORY);
      assertThat(hog.excess().map(Excess::limitMib)).contains(64L);
      assertThat(jobs.ended("beside").exitCode()).hasValue(3);
      assertThat(jobs.ended("beside").excess()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Means.class)
  void the_memory_of_all_that_a_job_starts_counts(Means means) {
    String three =
        "for (1..3) { if (!fork) { my $a = \"x\" x (30 << 20); sleep 600 } } wait; exit 9";
    try (var jobs = start(means)) {
      jobs.start("three", LIMITS, "/usr/bin/perl", "-e", three);

      Status.Ended ended = jobs.ended("three");

      assertThat(ended.excess().map(Excess::kind)).contains(Excess.Kind.MEMORY);
      // The kernel kills one process of a group (version 1), the watch kills the job.
      assertThat(ended.exitCode()).hasValue(means == Means.V1 ? 9 : 137);
    }
  }

  @Test
  void a_jvm_with_half_of_its_limit_as_heap_fills_it_and_ends_well() throws IOException {
    try (var jobs = start(Means.V1)) {
      Path classes = Files.createDirectories(data.resolve("images/classes"));
      Path copy = classes.resolve(FillsItsHeap.class.getName().replace('.', '/') + ".class");
      Files.createDirectories(copy.getParent());
      try (InputStream bytes =
          FillsItsHeap.class.getResourceAsStream("IsolationTest$FillsItsHeap.class")) {
        Files.copy(bytes, copy);
      }

      jobs.start(
          "jvm",
          new Limits(512, 1000, 64),
          Path.of(System.getProperty("java.home"), "bin/java").toString(),
          "-Xmx256m",
          "-cp",
          classes.toString(),
          FillsItsHeap.class.getName());

      assertThat(jobs.ended("jvm").exitCode()).as(jobs.output("jvm")).hasValue(0);
      assertThat(jobs.output("jvm")).isEqualTo("200 MiB\n");
    }
  }

  /** A job's program. */
  static final class FillsItsHeap {
    private FillsItsHeap() {}

    public static void main(String[] args) {
      List<byte[]> all = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        byte[] one = new byte[1 << 20];
        java.util.Arrays.fill(one, (byte) i);
        all.add(one);
      }
      System.out.println(all.size() + " MiB");
    }
  }

  @Test
  void limits_are_in_force_before_the_first_instruction_and_those_of_the_next_job_after_it()
      throws IOException {
    String read =
        "group() { sed -n \"s/^[0-9]*:$1://p\" /proc/self/cgroup; };"
            + " cd /sys/fs/cgroup; cat cpu$(group cpu)/cpu.shares"
            + " memory$(group memory)/memory.limit_in_bytes pids$(group pids)/pids.max";
    try (var jobs = start(Means.V1)) {
      jobs.run("half", new Limits(64, 500, 16), read);
      jobs.run("two", new Limits(32, 2000, 16), read);
      jobs.run("none", new Limits(0, 0, 16), read);

      assertThat(jobs.output("half")).isEqualTo("512\n67108864\n16384\n");
      assertThat(jobs.output("two")).isEqualTo("2048\n33554432\n16384\n");
      assertThat(jobs.output("none")).startsWith("1024\n9223372036854");
    }
  }

  @Test
  void a_process_is_moved_into_its_group_before_it_runs_where_it_cannot_be_born_there()
      throws IOException {
    try (var jobs = start(Means.V2)) {
      jobs.run("moved", LIMITS, "grep ^0: /proc/self/cgroup; echo $$; exit 7");

      assertThat(jobs.output("moved"))
          .matches(
              "0::/spillway/[0-9a-f]{8}/[0-9a-z]+-[0-9]+\n" + jobs.running("moved").pid() + "\n");
      assertThat(jobs.ended("moved").exitCode()).hasValue(7);
      jobs.start("none", LIMITS, "/no/such/program");
      assertThat(jobs.notStarted("none").reason()).contains("no such file");
      assertThat(jobs.run("next", LIMITS, "exit 8").exitCode()).hasValue(8);
    }
  }

  @ParameterizedTest
  @EnumSource(Means.class)
  void temporary_folders_are_a_jobs_own_and_empty(Means means) throws IOException {
    Path host = Files.createTempFile("spillway-host", "");
    String name = host.getFileName().toString();
    String write =
        "for d in /tmp /var/tmp /dev/shm; do cat $d/" + name + "; echo $0 > $d/" + name + "; done;";
    try (var jobs = start(means)) {
      jobs.start("a", LIMITS, "/bin/sh", "-c", write + "sleep 1; cat /tmp/" + name, "first");
      jobs.start("b", LIMITS, "/bin/sh", "-c", write + "sleep 1; cat /tmp/" + name, "second");
      assertThat(jobs.ended("a").exitCode()).hasValue(0);
      assertThat(jobs.ended("b").exitCode()).hasValue(0);
      for (int i = 0; i < 4; i++) {
        jobs.run("after" + i, LIMITS, "ls -A /var/tmp /dev/shm; cat /tmp/" + name);
        assertThat(jobs.output("after" + i).lines())
            .hasSize(4)
            .last()
            .asString()
            .contains("No such");
      }

      assertThat(jobs.output("a").lines()).hasSize(4).last().isEqualTo("first");
      assertThat(jobs.output("b").lines()).hasSize(4).last().isEqualTo("second");
      assertThat(host).isEmptyFile();
      assertThat(Path.of("/var/tmp", name)).doesNotExist();
      assertThat(Path.of("/dev/shm", name)).doesNotExist();
    } finally {
      Files.delete(host);
    }
  }

  @Test
  void what_writes_too_much_into_its_temporary_folders_is_killed_and_the_sizes_are_told() {
    String fill = "dd if=/dev/zero of=%s/x bs=1M count=24 2>&1; sleep 600";
    try (var jobs = start(Means.V1)) {
      for (String folder : List.of("/tmp", "/var/tmp", "$TMPDIR")) {
        String id = folder.replaceAll("\\W", "");

        Status.Ended ended = jobs.run(id, LIMITS, fill.formatted(folder));

        assertThat(ended.exitCode()).hasValue(137);
        assertThat(ended.excess()).contains(new Excess(Excess.Kind.TMP, 24, 16));
      }
      assertThat(jobs.run("sparse", LIMITS, "truncate -s 1G /tmp/x; sleep 1").exitCode())
          .hasValue(0);
    }
  }

  @ParameterizedTest
  @EnumSource(Means.class)
  void a_daemon_that_left_the_session_ends_with_its_job(Means means) throws IOException {
    try (var jobs = start(means)) {
      jobs.start("daemon", LIMITS, "/usr/bin/perl", "-e", DAEMON);
      assertThat(jobs.ended("daemon").exitCode()).hasValue(0);
      long daemon = Long.parseLong(jobs.output("daemon").strip());
      await().atMost(SupervisedJobs.PATIENCE).until(() -> ProcessHandle.of(daemon).isEmpty());

      jobs.start("killed", LIMITS, "/usr/bin/perl", "-e", DAEMON.replace("exit 0", "sleep 612"));
      await().atMost(SupervisedJobs.PATIENCE).until(() -> !jobs.output("killed").isEmpty());
      long other = Long.parseLong(jobs.output("killed").strip());
      assertThat(ProcessHandle.of(other)).isPresent();
      jobs.client.signal("killed", 9);
      await().atMost(SupervisedJobs.PATIENCE).until(() -> ProcessHandle.of(other).isEmpty());
    }
  }

  @ParameterizedTest
  @EnumSource(Means.class)
  void exit_codes_and_signals_are_the_programs_own(Means means) {
    try (var jobs = start(means)) {
      assertThat(jobs.run("code", LIMITS, "exit 42").exitCode()).hasValue(42);
      assertThat(jobs.run("signal", LIMITS, "kill -USR1 $$").exitCode()).hasValue(138);
      assertThat(jobs.run("kill", LIMITS, "kill -KILL $$").excess()).isEmpty();
      jobs.start("term", LIMITS, new Script("trap 'exit 5' TERM; sleep 613 & wait"));
      jobs.running("term");
      await().atMost(SupervisedJobs.PATIENCE).until(() -> children(jobs, "term") == 1);
      jobs.client.signal("term", 15);
      assertThat(jobs.ended("term").exitCode()).hasValue(5);
    }
  }

  private static long children(SupervisedJobs jobs, String id) {
    return ProcessHandle.of(jobs.running(id).pid()).stream()
        .flatMap(ProcessHandle::children)
        .count();
  }

  @ParameterizedTest
  @EnumSource(Means.class)
  void what_a_dead_supervisor_left_is_cleaned_up_but_for_what_runs(Means means) throws IOException {
    Path go = Files.createDirectories(data.resolve("images")).resolve("go");
    try (var jobs = start(means)) {
      jobs.start("daemon", LIMITS, "/usr/bin/perl", "-e", DAEMON.replace("exit 0", "sleep 614"));
      jobs.start(
          "alive",
          LIMITS,
          new Script(
              "echo x > /tmp/x; cat /proc/self/cgroup;"
                  + " until [ -e "
                  + go
                  + " ]; do sleep 0.05; done; cat /tmp/x > images-seen"));
      jobs.run("done", LIMITS, "echo x > /tmp/x");
      await().atMost(SupervisedJobs.PATIENCE).until(() -> !jobs.output("daemon").isEmpty());
      long daemon = Long.parseLong(jobs.output("daemon").strip());
      long leader = jobs.running("daemon").pid();
      jobs.running("alive");
      ProcessHandle.of(leader).orElseThrow().destroyForcibly();

      List<Path> before = groups(means);
      assertThat(before.size()).isGreaterThanOrEqualTo(means == Means.WATCH ? 0 : 3);

      jobs.killSupervisor();

      await().atMost(SupervisedJobs.PATIENCE).until(() -> ProcessHandle.of(daemon).isEmpty());
      long pid = jobs.running("alive").pid();
      Files.createFile(go);
      assertThat(jobs.ended("alive").exitCode()).isEmpty();
      assertThat(data.resolve("work/alive/images-seen")).hasContent("x");
      assertThat(pid).isPositive();
      await()
          .atMost(SupervisedJobs.PATIENCE)
          .untilAsserted(() -> assertThat(before).noneMatch(Files::exists));
      await().atMost(SupervisedJobs.PATIENCE).until(() -> slotFolders() <= 2);
    }
    await().atMost(SupervisedJobs.PATIENCE).until(() -> groups(means).isEmpty());
  }

  private long slotFolders() throws IOException {
    Path slots = data.resolve("supervisor/slots");
    if (!Files.exists(slots)) {
      return 0;
    }
    try (Stream<Path> all = Files.list(slots)) {
      return all.count();
    }
  }

  private List<Path> groups(Means means) throws IOException {
    var name = new java.util.zip.CRC32();
    name.update(
        data.resolve("supervisor").toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    Path root =
        means == Means.V1 ? Path.of("/sys/fs/cgroup/memory") : Path.of("/sys/fs/cgroup/unified");
    Path ours = root.resolve("spillway").resolve("%08x".formatted(name.getValue()));
    if (means == Means.WATCH || !Files.exists(ours)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(ours)) {
      return all.filter(Files::isDirectory).toList();
    }
  }

  @ParameterizedTest
  @EnumSource(Means.class)
  void many_quick_jobs_leave_no_zombie_no_group_and_no_file(Means means) throws IOException {
    long supervisor;
    try (var jobs = start(means)) {
      supervisor = jobs.client.supervisorPid();
      for (int i = 0; i < 200; i++) {
        jobs.start("many" + i, LIMITS, new Script("echo $$ > /tmp/x; exit 1"));
      }
      for (int i = 0; i < 200; i++) {
        assertThat(jobs.ended("many" + i).exitCode()).hasValue(1);
      }
      assertThat(ProcessHandle.of(supervisor).orElseThrow().children()).isEmpty();
      await().atMost(SupervisedJobs.PATIENCE).until(() -> used() == 0);
      // One for each that ran at once, not for each that ran.
      assertThat(slotFolders()).isLessThan(100);
    }
    await().atMost(SupervisedJobs.PATIENCE).until(() -> groups(means).isEmpty());
    assertThat(slotFolders()).isZero();
  }

  /** Files that are left in the folders of slots. */
  private long used() throws IOException {
    try (Stream<Path> all = Files.walk(data.resolve("supervisor/slots"))) {
      return all.filter(Files::isRegularFile).count();
    }
  }

  @Test
  void who_is_not_root_gets_private_folders_too_and_no_capability() throws Exception {
    assumeTrue(Files.getOwner(data).getName().equals("root"), "only for a test run by root");
    Path folder = Files.createDirectory(data.resolve("supervisor"));
    for (Path one : List.of(data, folder, Files.createDirectory(data.resolve("work")))) {
      Files.setAttribute(one, "unix:uid", 65534);
    }
    List<String> command = new ArrayList<>();
    command.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
    command.addAll(SupervisorLaunch.USER_NAMESPACE);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            Path.of(
                    SupervisorClient.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString(),
            "dev.spillway.batch.execution.process.supervisor.SupervisorMain",
            folder.toString(),
            "privateTmp=true",
            "limits=true",
            "cgroups=/sys/fs/cgroup",
            "reach=" + data.resolve("work")));
    Process supervisor = new ProcessBuilder(command).inheritIO().start();
    try {
      await()
          .atMost(SupervisedJobs.PATIENCE)
          .until(() -> Files.exists(folder.resolve("socket")) || !supervisor.isAlive());
      assumeTrue(supervisor.isAlive(), "no user namespaces here");
      try (var jobs = new SupervisedJobs(data, Isolation.FULL)) {
        assertThat(jobs.client.supervisorPid()).isEqualTo(supervisor.pid());
        assertThat(jobs.client.strength().text())
            .startsWith("user of the server, no cgroup (")
            .endsWith("memory watched, private /tmp");
        jobs.run(
            "job",
            LIMITS,
            "id -u; ls -A /tmp | grep -v junit; echo x > /tmp/x; ls /var/tmp; touch here;"
                + " grep -E '^(CapEff|CapPrm|CapAmb|NoNew)' /proc/self/status; unshare -m true"
                + " || echo refused");
        assertThat(jobs.output("job").lines().map(line -> line.replaceAll("\\s+", " ")))
            .contains("65534", "CapEff: 0000000000000000", "CapAmb: 0000000000000000")
            .contains("CapPrm: 0000000000000000", "NoNewPrivs: 1", "refused");
        assertThat(Files.getOwner(data.resolve("work/job/here")).getName()).isEqualTo("nobody");
        jobs.start("hog", LIMITS, "/usr/bin/perl", "-e", HOG);
        assertThat(jobs.ended("hog").excess().map(Excess::kind)).contains(Excess.Kind.MEMORY);
      }
    } finally {
      supervisor.destroyForcibly();
    }
  }

  @Test
  void without_isolation_a_process_is_like_any_other() throws IOException {
    Path host = Files.createTempFile("spillway-host", "");
    try (var jobs = new SupervisedJobs(data, Isolation.OFF)) {
      assertThat(jobs.client.strength().text()).contains("no limits", "the host's /tmp");
      assertThat(jobs.run("off", new Limits(1, 1, 1), "ls " + host).exitCode()).hasValue(0);
    } finally {
      Files.delete(host);
    }
  }

  @Test
  void a_program_in_the_hosts_temporary_folder_is_said_to_be_out_of_reach() throws IOException {
    Path program = Files.writeString(Files.createTempFile("spillway-program", ""), "#!/bin/sh\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (var jobs = start(Means.WATCH)) {
      jobs.start("far", LIMITS, program.toString());

      assertThat(jobs.notStarted("far").reason())
          .contains("it is in the host's /tmp", "move it to another folder");
    } finally {
      Files.delete(program);
    }
  }
}
