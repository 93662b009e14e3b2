package dev.spillway.dispatch.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.simulate.Comparison.Line;
import dev.spillway.dispatch.wiring.DispatchDefaults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulationTest {
  private static final DispatchSettings SETTINGS = DispatchDefaults.settings(Path.of("unused"), 1);

  @TempDir Path folder;

  private static Simulation simulation(Objective objective) {
    return new Simulation(Assumptions.DEFAULT, SETTINGS.routing(), SETTINGS.fallback(), objective);
  }

  private static Line line(Comparison comparison, String policy) {
    return comparison.lines().stream()
        .filter(l -> l.policy().startsWith(policy))
        .findFirst()
        .orElseThrow();
  }

  private Trace trace(String name, String text) throws Exception {
    return TraceFile.read(Files.writeString(folder.resolve(name), text));
  }

  /** Workflows of short, middling and long programs, some by the size of their input. */
  private Trace mixed() throws Exception {
    Random random = new Random(11);
    StringBuilder csv =
        new StringBuilder(
            "workflow,application,task,program,runtime_seconds,memory_bytes,input_bytes,parents\n");
    for (int workflow = 0; workflow < 30; workflow++) {
      for (int task = 0; task < 40; task++) {
        int program = task % 4;
        long input = 1_000_000L * (1 + random.nextInt(80));
        double seconds =
            switch (program) {
              case 0 -> 2;
              case 1 -> 100;
              case 2 -> input / 1e6;
              default -> 1_500;
            };
        csv.append(
            String.format(
                Locale.ROOT,
                "w%d,app%d,%d,p%d,%.3f,,%d,%s%n",
                workflow,
                workflow % 3,
                task,
                program,
                seconds * Math.exp(0.1 * random.nextGaussian()),
                program == 3 ? 0 : input,
                task == 0 ? "" : "0"));
      }
    }
    return trace("mixed.csv", csv.toString());
  }

  @Test
  void the_figures_of_three_tasks_are_those_worked_out_by_hand() throws Exception {
    Trace three =
        trace(
            "three.csv",
            "workflow,application,task,program,runtime_seconds\nw,a,0,p,10\nw,a,1,p,100\nw,a,2,p,1000\n");
    Comparison c = simulation(Objective.COST).compare(three, Feedback.INSTANT, 0, 1, List.of());
    double second = 1769 / 1024.0 * 0.0000166667;
    double batch = (0.04048 + 2 * 0.004445) / 3600;
    assertThat(line(c, "all Batch").cost()).isCloseTo(batch * (60 + 120 + 1020), within(1e-9));
    assertThat(line(c, "cost oracle").cost())
        .isCloseTo(second * 10 + 2e-7 + batch * (120 + 1020), within(1e-9));
    Line first = line(c, "function first");
    assertThat(first.cost())
        .isCloseTo(second * (10 + 100 + 900) + 6e-7 + batch * 1020, within(1e-9));
    assertThat(first.timeouts()).isEqualTo(1);
    assertThat(first.wasted()).isCloseTo(900 / 1110.0, within(1e-9));
    assertThat(first.waitSeconds()).isCloseTo((3 * 0.2 + 900 + 30) / 3, within(1e-6));
    assertThat(c.seconds()).isEqualTo(1110);
    Comparison.Times jobs = line(c, "all Batch").times();
    assertThat(jobs.meanSeconds()).isCloseTo((40 + 130 + 1030) / 3.0, within(1e-6));
    assertThat(jobs.p95Seconds()).isCloseTo(1030, within(1e-6));
    assertThat(jobs.timesFastest())
        .isCloseTo((40 + 130 + 1030) / (10.2 + 100.2 + 1030), within(1e-9));
  }

  @Test
  void no_simple_policy_is_cheaper_and_nothing_is_wasted() throws Exception {
    Trace mixed = mixed();
    for (Feedback feedback : Feedback.values()) {
      Comparison c = simulation(Objective.COST).compare(mixed, feedback, 5, 1, List.of());
      Line ours = line(c, Simulation.OURS);
      for (String simple : List.of("all Batch", "function first", "900-second", "mean of last 8")) {
        assertThat(ours.cost()).as(feedback + " " + simple).isLessThan(line(c, simple).cost());
      }
      assertThat(ours.timesOracle()).as(feedback.word()).isBetween(1.0, 1.05);
      assertThat(ours.wasted()).isLessThan(0.002);
      assertThat((double) c.bounds().held() / c.bounds().told()).isBetween(0.86, 0.94);
    }
  }

  @Test
  void who_wants_speed_waits_less_and_pays_more() throws Exception {
    Trace mixed = mixed();
    Line cheap =
        line(
            simulation(Objective.COST).compare(mixed, Feedback.INSTANT, 3, 1, List.of()),
            Simulation.OURS);
    Line fast =
        line(
            simulation(Objective.SPEED).compare(mixed, Feedback.INSTANT, 3, 1, List.of()),
            Simulation.OURS);
    assertThat(fast.waitSeconds()).isLessThan(cheap.waitSeconds());
    assertThat(fast.times().timesFastest()).isBetween(1 - 1e-9, cheap.times().timesFastest());
    assertThat(fast.cost()).isGreaterThan(cheap.cost());
  }

  @Test
  void the_same_seed_gives_the_same_figures_and_each_application_can_be_shown_alone()
      throws Exception {
    Trace mixed = mixed();
    Simulation simulation = simulation(Objective.COST);
    assertThat(simulation.compare(mixed, Feedback.WORKFLOW, 3, 9, List.of()))
        .isEqualTo(simulation.compare(mixed, Feedback.WORKFLOW, 3, 9, List.of()));
    assertThat(simulation.alone(mixed, Feedback.WORKFLOW, 2, 1))
        .hasSize(3)
        .allSatisfy(a -> assertThat(a.tasks()).isEqualTo(400));
  }

  @Test
  void the_standard_workload_format_is_read() throws Exception {
    Trace trace =
        trace(
            "small.swf",
            """
            ; Version: 2.2
              1 0 5 100 1 -1 2048 1 300 -1 1 7 2 5 1 1 -1 -1
              2 9 5 -1 1 -1 -1 1 300 -1 0 7 2 5 1 1 -1 -1
              3 9 5 20 1 -1 -1 1 -1 -1 1 8 2 -1 1 1 -1 -1
            """);
    assertThat(trace.tasks()).as("a job that never ran is left out").isEqualTo(2);
    TraceTask first = trace.workflows().getFirst().getFirst();
    assertThat(first.workload()).isEqualTo("user 7 executable 5");
    assertThat(first.memoryMib()).isEqualTo(2);
    assertThat(first.hintSeconds()).hasValue(300);
    assertThat(first.inputBytes()).isNegative();
  }

  @Test
  void a_trace_that_is_none_is_refused_with_its_line() {
    assertThatThrownBy(
            () ->
                trace(
                    "bad.csv",
                    "workflow,application,task,program,runtime_seconds\nw,a,0,p,10\nw,a,1,p,soon\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "bad.csv, line 3: runtime_seconds is \"soon\"; it must be a number that is not negative.");
    assertThatThrownBy(() -> trace("bad.swf", "1 2 3\n"))
        .hasMessageContaining("bad.swf, line 1")
        .hasMessageContaining("18 numbers");
    assertThatThrownBy(() -> trace("bad.txt", "x")).hasMessageContaining("neither .csv nor .swf");
    assertThatThrownBy(() -> trace("none.csv", "workflow,application,program,runtime_seconds\n"))
        .hasMessageContaining("no task");
  }

  @Test
  void the_chart_is_a_picture_with_a_bar_for_each_policy() throws Exception {
    Comparison c = simulation(Objective.COST).compare(mixed(), Feedback.INSTANT, 0, 1, List.of());
    String svg = SimulationChart.svg(List.of(c));
    assertThat(svg)
        .startsWith("<svg")
        .endsWith("</svg>\n")
        .contains("font-weight=\"bold\">spillway");
    assertThat(svg.split("<rect", -1)).hasSize(2 + 2 * c.lines().size());
  }

  /** The acceptance of the dispatcher on a recorded trace: -Dspillway.trace=FILE. */
  @Test
  void a_recorded_trace_costs_what_was_promised() throws Exception {
    String file = System.getProperty("spillway.trace", "");
    assumeTrue(!file.isEmpty(), "no trace was given");
    Trace recorded = TraceFile.read(Path.of(file));
    Simulation simulation = simulation(Objective.COST);
    Comparison instant = simulation.compare(recorded, Feedback.INSTANT, 40, 1, List.of());
    Comparison workflow = simulation.compare(recorded, Feedback.WORKFLOW, 40, 1, List.of());
    assertThat(line(instant, Simulation.OURS).cost())
        .isLessThanOrEqualTo(line(instant, "mean of last 8").cost());
    assertThat(line(workflow, Simulation.OURS).timesOracle()).isLessThanOrEqualTo(1.035);
    assertThat(line(workflow, Simulation.OURS).wasted()).isLessThanOrEqualTo(0.002);
    for (Comparison c : List.of(instant, workflow)) {
      assertThat((double) c.bounds().held() / c.bounds().told()).isBetween(0.86, 0.94);
    }
  }
}
