package dev.spillway.batch.simulation;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.aJob;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.queue;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Event;
import dev.spillway.batch.replay.VirtualEngine;
import dev.spillway.batch.testkit.Fixtures;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Workflows through the engine, next to a scheduler that has nothing of it. {@code
 * -Dspillway.trace=FILE} replays recorded ones; else random ones are.
 */
class WorkflowReplayTest {
  private static final int VCPUS = 64;

  private Instant lastEnd = T0;

  private long engineMillis(Workflow workflow) {
    lastEnd = T0;
    var engine =
        new VirtualEngine(
            Fixtures.limits(1_000_000, 1L << 40),
            T0,
            VirtualEngine.Times.running(
                job -> Duration.ofMillis(workflow.tasks().get(number(job.id())).millis())),
            VirtualEngine.upAfter(Duration.ZERO));
    engine.watch(
        event -> {
          if (event instanceof Event.JobChanged(_, var after) && after.status().terminal()) {
            assertThat(after.status().name()).as(after.id()).isEqualTo("SUCCEEDED");
            lastEnd = after.stoppedAt().orElseThrow();
          }
        });
    engine.tell(new Command.CreateComputeEnvironment(environment("ce", VCPUS)));
    engine.tell();
    engine.tell(new Command.CreateJobQueue(queue("q", 1, "ce")));
    for (int i = 0; i < workflow.tasks().size(); i++) {
      String[] parents =
          workflow.tasks().get(i).parents().stream().map(p -> "task-" + p).toArray(String[]::new);
      engine.submitAt(T0, aJob("task-" + i).after(parents).build());
    }
    for (int day = 1; !done(engine) && day < 1000; day++) {
      engine.run(T0.plus(Duration.ofDays(day)));
    }
    assertThat(engine.engine().liveJobs()).as(workflow.name()).isEmpty();
    return Duration.between(T0, lastEnd).toMillis();
  }

  private static boolean done(VirtualEngine engine) {
    return engine.now().isAfter(T0) && engine.engine().liveJobs().isEmpty();
  }

  private static int number(String jobId) {
    return Integer.parseInt(jobId.substring("task-".length()));
  }

  @Test
  void every_workflow_takes_as_long_as_with_an_independent_list_scheduler() {
    String trace = System.getProperty("spillway.trace", "");
    List<Workflow> workflows =
        trace.isEmpty()
            ? LongStream.rangeClosed(1, 100).mapToObj(Workflow::random).toList()
            : Workflow.read(Path.of(trace));
    double[] overBound = new double[workflows.size()];
    double largest = 0;
    int tasks = 0;
    for (int i = 0; i < overBound.length; i++) {
      Workflow workflow = workflows.get(i);
      long engine = engineMillis(workflow);
      long list = workflow.listMillis(VCPUS);
      double difference = Math.abs(engine - list) / (double) Math.max(1, list);
      assertThat(difference)
          .as("%s: %d ms here, %d ms by the list scheduler", workflow.name(), engine, list)
          .isLessThanOrEqualTo(0.01);
      largest = Math.max(largest, difference);
      overBound[i] = engine / (double) Math.max(1, workflow.boundMillis(VCPUS));
      assertThat(overBound[i]).as(workflow.name()).isGreaterThanOrEqualTo(1);
      tasks += workflow.tasks().size();
    }
    Arrays.sort(overBound);
    System.out.printf(
        "replay: %s, workflows %d, tasks %d, within 1 %% of a list scheduler %d, largest difference %.3f %%; over the bound: median %.3f, 90 %% %.3f, largest %.3f%n",
        trace.isEmpty() ? "random" : Path.of(trace).getFileName(),
        workflows.size(),
        tasks,
        workflows.size(),
        100 * largest,
        overBound[overBound.length / 2],
        overBound[overBound.length * 9 / 10],
        overBound[overBound.length - 1]);
  }
}
