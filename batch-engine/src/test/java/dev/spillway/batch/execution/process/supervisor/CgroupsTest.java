package dev.spillway.batch.execution.process.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.execution.process.ProcessSupervisor.Limits;
import dev.spillway.batch.execution.process.supervisor.Cgroups.Controller;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is written where, in trees of plain files: the kernel's own files appear with a folder,
 * these are put there before. {@code IsolationTest} does the same with a kernel, as far as it goes.
 */
class CgroupsTest {
  private static final Path TOP = Path.of("/");
  private static final List<String> V2 =
      List.of(
          "cgroup.procs",
          "cgroup.subtree_control",
          "cgroup.kill",
          "memory.max",
          "memory.swap.max",
          "memory.oom.group",
          "memory.events",
          "cpu.weight",
          "pids.max",
          "pids.current");
  private static final List<String> V1 =
      List.of(
          "cgroup.procs",
          "tasks",
          "memory.limit_in_bytes",
          "memory.memsw.limit_in_bytes",
          "memory.oom_control",
          "cpu.shares",
          "pids.max",
          "pids.current");

  @TempDir Path root;
  private Path ours;

  @BeforeEach
  void plant() throws IOException {
    ours = root.resolve("spillway/me");
  }

  private void unified(Path base) throws IOException {
    Files.writeString(root.resolve("cgroup.controllers"), "cpuset cpu io memory pids\n");
    for (String folder : List.of("", "spillway", "spillway/me")) {
      group(base.resolve(folder), V2);
    }
    for (String slot : List.of("probe", "s")) {
      group(base.resolve("spillway/me").resolve(slot), V2);
    }
  }

  private static void group(Path folder, List<String> files) throws IOException {
    Files.createDirectories(folder);
    for (String file : files) {
      Files.writeString(folder.resolve(file), "");
    }
  }

  private Cgroups find(Path own) {
    return Cgroups.find(root, "me", own, true).cgroups().orElseThrow();
  }

  private String read(String file) throws IOException {
    return Files.readString(ours.resolve("s").resolve(file));
  }

  @Test
  void version_2_holds_memory_without_swap_kills_as_one_and_weighs_vcpus() throws IOException {
    unified(root);
    Cgroups cgroups = find(TOP);
    assertThat(cgroups).hasToString("cgroup v2 (memory, cpu shares, pids, kill)");
    assertThat(cgroups.movesProcesses()).isTrue();
    // The last one that was asked for; the kernel's file would list all.
    assertThat(root.resolve("cgroup.subtree_control")).hasContent("+pids");
    assertThat(root.resolve("spillway/me/cgroup.subtree_control")).hasContent("+pids");
    assertThat(root.resolve("spillway/cpu.weight"))
        .hasContent(Integer.toString(100 * Runtime.getRuntime().availableProcessors()));

    try (Cgroup group = cgroups.make("s")) {
      group.limit(new Limits(512, 2500, 0));

      assertThat(read("memory.max")).isEqualTo("536870912");
      assertThat(read("memory.swap.max")).isEqualTo("0");
      assertThat(read("memory.oom.group")).isEqualTo("1");
      assertThat(read("cpu.weight")).isEqualTo("250");
      assertThat(read("pids.max")).isEqualTo("16384");
      group.limit(new Limits(0, 0, 0));
      assertThat(read("memory.max")).isEqualTo("max");
      assertThat(read("memory.swap.max")).isEqualTo("max");
      assertThat(read("cpu.weight")).isEqualTo("100");
      group.limit(new Limits(4, 1_000_000, 0));
      assertThat(read("cpu.weight")).isEqualTo("10000");
      group.limit(new Limits(4, 1, 0));
      assertThat(read("cpu.weight")).isEqualTo("1");
      group.move(4711);
      assertThat(read("cgroup.procs")).isEqualTo("4711");
      group.kill();
      assertThat(read("cgroup.kill")).isEqualTo("1");
    }
  }

  @Test
  void a_kill_for_want_of_memory_is_told_once_and_not_of_the_next_job() throws IOException {
    unified(root);
    Path events = ours.resolve("s/memory.events");
    Files.writeString(events, "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\noom_group_kill 0\n");
    try (Cgroup group = find(TOP).make("s")) {
      assertThat(group.outOfMemory()).as("of a job before").isFalse();

      Files.writeString(events, "low 0\nhigh 0\nmax 9\noom 2\noom_kill 4\noom_group_kill 1\n");

      assertThat(group.outOfMemory()).isTrue();
      assertThat(group.outOfMemory()).isFalse();
    }
  }

  @Test
  void what_was_delegated_is_used_where_the_top_is_closed() throws IOException {
    Path delegated = root.resolve("user.slice/spillway.service");
    unified(delegated);
    ours = delegated.resolve("spillway/me");
    Files.writeString(root.resolve("spillway"), "in the way, as a folder of another's would be");

    Cgroups cgroups = find(Path.of("/user.slice/spillway.service"));

    assertThat(cgroups.has(Controller.MEMORY)).isTrue();
    try (Cgroup group = cgroups.make("s")) {
      group.limit(new Limits(64, 1000, 0));
      assertThat(read("memory.max")).isEqualTo("67108864");
    }
  }

  @Test
  void without_controllers_version_2_still_knows_who_is_in_a_group() throws IOException {
    unified(root);
    Files.delete(root.resolve("cgroup.subtree_control"));

    Cgroups cgroups = find(TOP);

    assertThat(cgroups.has(Controller.MEMORY)).isFalse();
    assertThat(cgroups).hasToString("cgroup v2 (kill)");
    Files.writeString(ours.resolve("s/cgroup.procs"), "17\n" + Libc.processId() + "\n18\n");
    try (Cgroup group = cgroups.make("s")) {
      assertThat(group.members()).containsExactly(17, 18);
    }
  }

  @Test
  void version_1_never_lets_memory_with_swap_be_less_than_memory() throws IOException {
    for (Controller controller : Controller.values()) {
      Path top = root.resolve(Cgroup.name(controller));
      for (String folder : List.of("", "spillway", "spillway/me", "spillway/me/probe")) {
        group(top.resolve(folder), V1);
      }
      group(top.resolve("spillway/me/s"), V1);
    }
    Cgroups cgroups = find(TOP);
    assertThat(cgroups).hasToString("cgroup v1 (memory, cpu shares, pids, kill)");
    assertThat(cgroups.movesProcesses()).isFalse();
    try (Cgroup group = cgroups.make("s")) {
      group.limit(new Limits(512, 250, 0));

      ours = root.resolve("memory/spillway/me");
      assertThat(read("memory.limit_in_bytes")).isEqualTo("536870912");
      assertThat(read("memory.memsw.limit_in_bytes")).isEqualTo("536870912");
      group.join(99);
      assertThat(group.deserted()).as("0 in it").isTrue();
      Files.writeString(root.resolve("pids/spillway/me/s/pids.current"), "1\n");
      assertThat(group.deserted()).as("the thread that joined").isTrue();
      Files.writeString(root.resolve("pids/spillway/me/s/pids.current"), "2\n");
      assertThat(group.deserted()).as("something else").isFalse();
      assertThat(read("tasks")).isEqualTo("99");
      ours = root.resolve("cpu/spillway/me");
      assertThat(read("cpu.shares")).isEqualTo("256");
      assertThat(read("tasks")).isEqualTo("99");
    }
  }

  @Test
  void a_kernel_whose_oom_killer_takes_threads_gets_no_version_1() throws IOException {
    group(root.resolve("memory"), V1);

    assertThat(Cgroups.find(root, "me", TOP, false).whyNot()).contains("before 5.3");
    assertThat(Cgroups.find(root.resolve("none"), "me", TOP, true).whyNot())
        .contains("no control groups in");
  }
}
