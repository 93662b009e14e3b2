package dev.spillway.dispatch.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.simulate.Capacity.Arrivals;
import dev.spillway.dispatch.simulate.Comparison.Line;
import dev.spillway.dispatch.wiring.DispatchDefaults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tasks that are in each other's way, worked out by hand. A job starts in 30 s, a function in 0.2.
 */
class QueuedReplayTest {
  private static final DispatchSettings SETTINGS = DispatchDefaults.settings(Path.of("unused"), 1);
  private static final Offset<Double> EXACT = within(1e-6);
  private static final String HEADER =
      "workflow,application,task,program,runtime_seconds,parents,submit_seconds\n";
  private static final String THREE = HEADER + "w,a,0,p,10,,\nw,a,1,p,100,,\nw,a,2,p,1000,,\n";

  @TempDir Path folder;

  private static Capacity alone(int vcpus) {
    return new Capacity(OptionalInt.of(vcpus), OptionalInt.empty(), new Arrivals.Alone());
  }

  private static Simulation simulation(Capacity capacity) {
    return new Simulation(
        Assumptions.DEFAULT, capacity, SETTINGS.routing(), SETTINGS.fallback(), Objective.COST);
  }

  private static Line replay(Capacity capacity, Trace trace, String policy) {
    return line(simulation(capacity).compare(trace, Feedback.INSTANT, 0, 1, List.of()), policy);
  }

  private static Line line(Comparison comparison, String policy) {
    return comparison.lines().stream()
        .filter(l -> l.policy().startsWith(policy))
        .findFirst()
        .orElseThrow();
  }

  private Trace trace(String text) throws Exception {
    return TraceFile.read(Files.writeString(folder.resolve("t.csv"), text));
  }

  @Test
  void the_third_of_three_jobs_waits_for_one_of_two_vcpus() throws Exception {
    Line line = replay(alone(2), trace(THREE), "all Batch");
    assertThat(line.queueSeconds()).isCloseTo(40 / 3.0, EXACT);
    assertThat(line.waitSeconds()).isCloseTo((30 + 30 + 70) / 3.0, EXACT);
    assertThat(line.makespanSeconds()).isCloseTo(40 + 30 + 1000, EXACT);
    assertThat(line.batchVcpuHours()).isCloseTo((40 + 130 + 1030) / 3600.0, EXACT);
    assertThat(line.cost())
        .isCloseTo((0.04048 + 2 * 0.004445) / 3600 * (60 + 120 + 1020), within(1e-9));
    assertThat(line.failed()).isZero();
  }

  @Test
  void a_task_begins_when_its_parents_have_ended_wherever_they_stand_in_the_file()
      throws Exception {
    Trace chain = trace(HEADER + "w,a,0,p,30,1,\nw,a,1,p,20,2,\nw,a,2,p,10,,\n");
    Line line = replay(alone(2), chain, "all Batch");
    assertThat(line.queueSeconds()).isZero();
    assertThat(line.makespanSeconds()).isCloseTo(3 * 30 + 60, EXACT);
    assertThat(line.waitSeconds()).as("waiting for a parent is not counted").isCloseTo(30, EXACT);
    assertThat(replay(Capacity.UNLIMITED, chain, "all Batch").makespanSeconds())
        .isCloseTo(3 * 30 + 60, EXACT);
  }

  @Test
  void functions_wait_in_order_and_a_timeout_goes_on_to_batch() throws Exception {
    Capacity one = new Capacity(OptionalInt.of(2), OptionalInt.of(1), new Arrivals.Alone());
    Line line = replay(one, trace(THREE), "function first");
    assertThat(line.queueSeconds()).isCloseTo((10.2 + 110.4) / 3, EXACT);
    assertThat(line.timeouts()).isEqualTo(1);
    assertThat(line.makespanSeconds()).isCloseTo(110.4 + 900.2 + 30 + 1000, EXACT);
    assertThat(line.batchVcpuHours()).isCloseTo(1030 / 3600.0, EXACT);
    assertThat(line.wasted()).isCloseTo(900 / 1110.0, EXACT);
  }

  @Test
  void a_job_without_a_place_for_ten_minutes_is_given_to_the_function() throws Exception {
    Trace two = trace(HEADER + "w,a,0,p,3000,,\nw,a,1,q,10,,\nx,a,0,r,10,,\n");
    Line line = replay(alone(1), two, Simulation.OURS);
    assertThat(line.queueSeconds()).as("it does not hold a place later").isCloseTo(200, EXACT);
    assertThat(line.waitSeconds()).isCloseTo((30 + 600.2 + 30) / 3, EXACT);
    assertThat(line.onFunctions()).isCloseTo(1 / 3.0, EXACT);
    assertThat(line.batchVcpuHours()).isCloseTo((3030 + 40) / 3600.0, EXACT);
    assertThat(replay(alone(1), two, "all Batch").makespanSeconds())
        .as("who has no other route waits")
        .isCloseTo(3030 + 40 + 40, EXACT);
  }

  @Test
  void of_a_workflow_nothing_is_known_before_its_last_task_has_ended() throws Exception {
    Trace chains = trace(HEADER + "v,a,0,p,2000,,\nv,a,1,p,2000,0,\nw,a,0,p,2000,,\n");
    Simulation simulation = simulation(alone(1));
    for (Feedback feedback : Feedback.values()) {
      Comparison c = simulation.compare(chains, feedback, 0, 1, List.of());
      long times =
          switch (feedback) {
            case INSTANT -> 1;
            case WORKFLOW -> 2;
          };
      assertThat(line(c, "900-second rule").timeouts()).as(feedback.word()).isEqualTo(times);
    }
  }

  @Test
  void a_task_that_the_last_route_is_too_short_for_goes_back_to_the_queue_that_it_left()
      throws Exception {
    Line line =
        replay(
            alone(1),
            trace(HEADER + "w,a,0,p,3000,,\nw,a,1,q,2000,,\nw,a,2,p,10,1,\nw,a,3,p,10,2;1,\n"),
            Simulation.OURS);
    assertThat(line.timeouts()).isEqualTo(1);
    assertThat(line.failed()).isZero();
    assertThat(line.makespanSeconds()).isGreaterThan(3030 + 2000);
  }

  @Test
  void workflows_alone_follow_each_other_and_others_come_when_they_come() throws Exception {
    Trace two = trace(HEADER + "v,a,0,p,100,,1000\nw,a,0,p,20,,1050\n");
    Line alone = replay(alone(1), two, "all Batch");
    assertThat(alone.queueSeconds()).isZero();
    assertThat(alone.makespanSeconds()).isCloseTo(130 + 50, EXACT);
    for (Arrivals arrivals :
        List.of(new Arrivals.Every(Duration.ofSeconds(50)), new Arrivals.OfTrace())) {
      Capacity shared = new Capacity(OptionalInt.of(1), OptionalInt.empty(), arrivals);
      Line line = replay(shared, two, "all Batch");
      assertThat(line.queueSeconds()).as("%s", arrivals).isCloseTo(80 / 2.0, EXACT);
      assertThat(line.makespanSeconds()).isCloseTo(130 + 30 + 20, EXACT);
    }
  }

  @Test
  void the_submit_times_of_the_standard_workload_format_are_its_arrivals() throws Exception {
    Trace swf =
        TraceFile.read(
            Files.writeString(
                folder.resolve("t.swf"),
                """
                  1 700 5 100 1 -1 2048 1 300 -1 1 7 2 5 1 1 -1 -1
                  2 750 5 20 1 -1 -1 1 -1 -1 1 8 2 -1 1 1 -1 -1
                """));
    Capacity shared = new Capacity(OptionalInt.of(1), OptionalInt.empty(), new Arrivals.OfTrace());
    Line line = replay(shared, swf, "all Batch");
    assertThat(line.queueSeconds()).isCloseTo(80 / 2.0, EXACT);
    assertThat(line.makespanSeconds()).isCloseTo(180, EXACT);
  }

  /** Each with one, two or no parents among those before it. */
  private Trace random() throws Exception {
    Random random = new Random(5);
    StringBuilder csv = new StringBuilder(HEADER);
    for (int workflow = 0; workflow < 12; workflow++) {
      for (int task = 0; task < 60; task++) {
        int before = Math.max(1, task);
        String parents =
            switch (task == 0 ? 0 : random.nextInt(3)) {
              case 0 -> "";
              case 1 -> "" + random.nextInt(before);
              default -> random.nextInt(before) + ";" + random.nextInt(before);
            };
        csv.append(
            String.format(
                Locale.ROOT,
                "w%d,app%d,%d,p%d,%.3f,%s,%n",
                workflow,
                workflow % 3,
                task,
                task % 5,
                20 * Math.pow(4, task % 5) * Math.exp(0.2 * random.nextGaussian()),
                parents));
      }
    }
    return trace(csv.toString());
  }

  @Test
  void where_there_is_room_for_all_it_is_as_if_there_were_no_limit() throws Exception {
    Trace random = random();
    Comparison wide =
        simulation(alone(100_000)).compare(random, Feedback.WORKFLOW, 3, 1, List.of());
    Comparison free =
        simulation(Capacity.UNLIMITED).compare(random, Feedback.WORKFLOW, 3, 1, List.of());
    for (String policy : List.of("cost oracle", "all Batch", "function first", Simulation.OURS)) {
      Offset<Double> near = within(policy.equals(Simulation.OURS) ? 0.01 : 1e-6);
      Line there = line(wide, policy);
      Line here = line(free, policy);
      assertThat(there.queueSeconds()).isZero();
      assertThat(there.timesOracle()).as(policy).isCloseTo(here.timesOracle(), near);
      if (!policy.equals(Simulation.OURS)) {
        assertThat(there.cost()).as(policy).isCloseTo(here.cost(), EXACT);
        assertThat(there.makespanSeconds()).as(policy).isCloseTo(here.makespanSeconds(), EXACT);
        assertThat(there.batchVcpuHours()).as(policy).isCloseTo(here.batchVcpuHours(), EXACT);
        assertThat(there.waitSeconds()).as(policy).isCloseTo(here.waitSeconds(), EXACT);
      }
    }
    assertThat(SimulationReport.header(free)).isEqualTo(SimulationReport.HEADER);
    assertThat(SimulationReport.rows(free).getFirst()).hasSameSizeAs(SimulationReport.HEADER);
    assertThat(SimulationReport.rows(wide).getFirst()).hasSameSizeAs(SimulationReport.header(wide));
    assertThat(SimulationReport.json(List.of(free)).toString()).contains("\"makespanSeconds\":");
  }

  @Test
  void the_same_seed_gives_the_same_figures_and_fewer_vcpus_take_longer() throws Exception {
    Trace random = random();
    Capacity few =
        new Capacity(
            OptionalInt.of(4), OptionalInt.of(3), new Arrivals.Every(Duration.ofMinutes(2)));
    Comparison once = simulation(few).compare(random, Feedback.WORKFLOW, 3, 9, List.of());
    assertThat(simulation(few).compare(random, Feedback.WORKFLOW, 3, 9, List.of())).isEqualTo(once);
    Capacity more =
        new Capacity(
            OptionalInt.of(40), OptionalInt.of(30), new Arrivals.Every(Duration.ofMinutes(2)));
    Comparison wide = simulation(more).compare(random, Feedback.WORKFLOW, 3, 9, List.of());
    assertThat(line(once, "all Batch").makespanSeconds())
        .isGreaterThan(line(wide, "all Batch").makespanSeconds());
    assertThat(line(once, "all Batch").batchVcpuHours() * 3600)
        .as("no more is held than there is")
        .isLessThanOrEqualTo(4 * line(once, "all Batch").makespanSeconds());
  }

  /** With the queue full, a place in it is worth what the wait costs. */
  @Test
  void who_wants_speed_leaves_a_long_queue_to_others() throws Exception {
    StringBuilder csv = new StringBuilder(HEADER);
    for (int i = 0; i < 40; i++) {
      csv.append("w" + i + ",a,0,p,300,,\n");
    }
    Trace same = trace(csv.toString());
    Capacity crowded =
        new Capacity(
            OptionalInt.of(1), OptionalInt.empty(), new Arrivals.Every(Duration.ofSeconds(100)));
    Simulation fast =
        new Simulation(
            Assumptions.DEFAULT,
            crowded,
            SETTINGS.routing(),
            SETTINGS.fallback(),
            Objective.BALANCED);
    Line balanced = line(fast.compare(same, Feedback.INSTANT, 0, 1, List.of()), Simulation.OURS);
    Line cheap = replay(crowded, same, Simulation.OURS);
    assertThat(balanced.onFunctions()).isGreaterThan(cheap.onFunctions());
    assertThat(balanced.queueSeconds()).isLessThan(cheap.queueSeconds());
  }

  @Test
  void parents_that_are_not_there_and_circles_are_refused() {
    assertThatThrownBy(() -> trace(HEADER + "w,a,0,p,1,4,\n"))
        .hasMessage(
            "Task 0 of the workflow w has the parent 4; its tasks are 0 to 0, in the order of the file.");
    assertThatThrownBy(() -> trace(HEADER + "w,a,0,p,1,1,\nw,a,1,p,1,0,\nw,a,2,p,1,,\n"))
        .hasMessage(
            "2 tasks of the workflow w wait for each other in a circle; look at its parents.");
    assertThatThrownBy(() -> replay(alone(1), trace(HEADER + "w,a,0,p,1,,-\n"), "all Batch"))
        .hasMessageContaining("submit_seconds");
  }
}
