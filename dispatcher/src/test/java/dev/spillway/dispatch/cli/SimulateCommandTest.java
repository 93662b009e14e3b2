package dev.spillway.dispatch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.DispatchSettings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SimulateCommandTest {
  @TempDir Path folder;
  private Path trace;

  private record Ran(int exitCode, String out, String err) {}

  @BeforeEach
  void write() throws Exception {
    trace =
        Files.writeString(
            folder.resolve("t.csv"),
            """
            workflow,application,task,program,runtime_seconds,parents
            w,a,0,p,10,
            w,a,1,p,100,
            w,a,2,p,1000,
            """);
  }

  private Ran simulate(String... more) {
    List<String> args =
        new ArrayList<>(List.of("simulate", "--trace", trace.toString(), "--feedback", "instant"));
    args.addAll(List.of(more));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    int exitCode = line.execute(args.toArray(String[]::new));
    return new Ran(exitCode, out.toString(), err.toString());
  }

  @Test
  void a_limit_shows_what_it_means_for_time_and_without_one_nothing_is_shown() {
    Ran free = simulate("--policy", "all Batch");
    assertThat(free.exitCode()).as(free.err()).isZero();
    assertThat(free.out()).doesNotContain("MAKESPAN");
    assertThat(free.err()).doesNotContain("tasks wait for their parents");
    Ran shared =
        simulate("--policy", "all Batch", "--max-vcpus", "2", "--function-concurrency", "9");
    assertThat(shared.exitCode()).as(shared.err()).isZero();
    assertThat(shared.out()).contains("QUEUED\tMAKESPAN").contains("13.3 s\t17 min 50 s\t0.3\t0");
    assertThat(shared.err())
        .contains("Batch has 2 vCPUs, functions run 9 at once; each workflow comes when the one");
    assertThat(simulate("--json").out()).contains("\"makespanSeconds\"");
  }

  @Test
  void a_chart_says_what_sharing_places_means() throws Exception {
    Path chart = folder.resolve("c.svg");
    Ran shared = simulate("--chart", chart.toString(), "--policy", "all Batch", "--max-vcpus", "2");
    assertThat(shared.exitCode()).as(shared.err()).isZero();
    assertThat(Files.readString(chart))
        .contains(">Batch has 2 vCPUs, functions run without limit; each workflow comes")
        .contains("queued 13.3 s, makespan 17 min 50 s, Batch 0.3 vCPU-h, 0 failed");
    simulate("--chart", chart.toString(), "--policy", "all Batch");
    assertThat(Files.readString(chart))
        .contains("mean time 400.0 s, p95 1,030.0 s, x 1.052 of the fastest<")
        .doesNotContain("makespan");
  }

  @Test
  void every_policy_says_how_long_tasks_took_whatever_the_objective() {
    Ran fast = simulate("--objective", "speed");
    assertThat(fast.out()).contains("ADDED WAIT\tMEAN TIME\tP95 TIME\tx FASTEST");
    assertThat(fast.out().lines().filter(l -> l.contains("all Batch")).findFirst().orElseThrow())
        .contains("\t400.0 s\t1,030.0 s\t1.052\t");
    assertThat(simulate("--json").out()).contains("\"timesFastest\"", "\"p95Seconds\"");
  }

  @Test
  void a_servers_own_settings_count_and_are_named() throws Exception {
    assertThat(simulate().err()).contains("Prices, limits and rules: built in.\n");
    Path settings =
        Files.writeString(
            folder.resolve("spillway.yaml"),
            "routing:\n  functionMargin: PT14M\n  objective: speed\n");
    Ran theirs = simulate("--config", settings.toString(), "--hints");
    assertThat(theirs.exitCode()).as(theirs.err()).isZero();
    assertThat(theirs.err())
        .contains("of the server with routing.objective = speed (" + settings + ")")
        .contains("objective speed")
        .contains("900 s limit less a margin of 14 min in plans");
    assertThat(simulate("--config", settings.toString(), "--objective", "cost").err())
        .contains("objective cost");
    assertThat(simulate("--config", settings.toString(), "--function-limit", "60s").err())
        .contains("--function-limit is PT1M; it must be more than routing.functionMargin");
  }

  @Test
  void start_up_times_of_a_server_hold_unless_an_option_says_otherwise() throws Exception {
    Path limits = folder.resolve("limits.properties");
    try (var builtIn = DispatchSettings.class.getResourceAsStream("routing-limits.properties")) {
      Files.writeString(
          limits,
          new String(builtIn.readAllBytes(), StandardCharsets.UTF_8)
              + "\nstart.function=PT3S\nstart.fargate=PT45S\n");
    }
    Path settings =
        Files.writeString(
            folder.resolve("spillway.yaml"), "routing:\n  limits: limits.properties\n");
    assertThat(simulate("--config", settings.toString(), "--fargate-wait", "31s").err())
        .contains(" 3 s start,")
        .contains(" 31 s wait;");
  }

  @Test
  void what_cannot_be_is_refused_with_the_way_out() {
    assertThat(simulate("--max-vcpus", "0"))
        .isEqualTo(
            new Ran(
                2,
                "",
                "spillway: --max-vcpus is 0; give 1 to 1000000, or leave it out for no limit.\n"));
    assertThat(simulate("--max-vcpus", "1", "--vcpus", "2", "--memory", "4 GiB").err())
        .contains("A task has 2 vCPUs, and all tasks together have 1 vCPU.");
    assertThat(simulate("--arrivals", "soon").err())
        .contains("--arrivals is \"soon\"; give seconds up to 7 days, such as 30, or trace.");
    assertThat(simulate("--arrivals", "trace").err()).contains("column submit_seconds");
  }

  @Test
  void workflows_arrive_by_seconds_or_by_a_duration() {
    assertThat(simulate("--arrivals", "30").err()).contains("a workflow comes every 30 s");
    assertThat(simulate("--arrivals", "5m").err()).contains("a workflow comes every 5 min");
  }
}
