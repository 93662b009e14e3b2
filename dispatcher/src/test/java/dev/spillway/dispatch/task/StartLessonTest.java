package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StartLessonTest {
  private final Bench bench = new Bench();
  private int jobs;

  private Task onBatch(long startSeconds) {
    Task task =
        bench.submit("{'workload': 'resize', 'routes': ['batch-ec2'], 'expectedDuration': 'PT1M'}");
    jobs++;
    var sent = bench.clock.instant();
    bench.pass(startSeconds + 60);
    bench.batch.succeed("job-" + jobs, sent.plusSeconds(startSeconds), bench.clock.instant());
    bench.settle();
    return bench.now(task);
  }

  private RoutePlan.Accepted ec2() {
    return bench
        .requests
        .plan(Doubles.json("{'workload': 'resize'}"))
        .tasks()
        .getFirst()
        .plan()
        .routes()
        .stream()
        .filter(a -> a.route() == Route.BATCH_EC2)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void a_queues_start_is_what_the_last_jobs_waited_and_the_file_rules_until_then() {
    onBatch(4);
    onBatch(4);
    RoutePlan.Accepted assumed = ec2();
    assertThat(assumed.start().orElseThrow().seen()).isFalse();
    onBatch(4);
    RoutePlan.Accepted seen = ec2();
    assertThat(seen.start()).contains(new RoutePlan.Start(4, true));
    assertThat(seen.tariff().orElseThrow().waitSeconds()).isEqualTo(4);
    assertThat(seen.tariff().orElseThrow().fixed())
        .as("what is billed is as listed")
        .isEqualTo(assumed.tariff().orElseThrow().fixed());
    assertThat(
            assumed.estimate().orElseThrow().finishSeconds()
                - seen.estimate().orElseThrow().finishSeconds())
        .isCloseTo(assumed.start().get().seconds() - 4, within(1.0));
  }

  @Test
  void a_wait_in_a_full_queue_is_no_start_and_comes_on_top_of_it() {
    bench.loads = _ -> new Load(false, 120, 7);
    Task waited = onBatch(124);
    assertThat(StartLesson.of(waited)).isEmpty();
    bench.loads = _ -> new Load(true, 0, 0);
    for (int i = 0; i < 3; i++) {
      assertThat(StartLesson.of(onBatch(4))).isPresent();
    }
    bench.loads = _ -> new Load(false, 120, 7);
    assertThat(ec2().start()).contains(new RoutePlan.Start(4, true));
    assertThat(ec2().tariff().orElseThrow().waitSeconds()).isEqualTo(124);
  }

  @Test
  void a_functions_run_is_what_its_report_says_and_the_rest_is_its_start() {
    Task task = bench.submit("{'workload': 'only-function'}");
    bench.functions.log =
        Optional.of("REPORT RequestId: 1\tDuration: 1500.00 ms\tInit Duration: 900.00 ms\n");
    bench.pass(5);
    bench.functions.succeed(task.hopKey(1), "{}");
    bench.settle();
    assertThat(Lesson.of(bench.now(task)).orElseThrow().run().seconds()).isEqualTo(1.5);
    assertThat(StartLesson.of(bench.now(task)).orElseThrow().seconds()).isEqualTo(3.5);
  }

  @Test
  void a_report_of_more_than_the_call_took_changes_nothing() {
    Task task = bench.submit("{'workload': 'only-function'}");
    bench.functions.log = Optional.of("REPORT RequestId: 1\tDuration: 99000.00 ms\n");
    bench.pass(5);
    bench.functions.succeed(task.hopKey(1), "{}");
    bench.settle();
    assertThat(Lesson.of(bench.now(task)).orElseThrow().run().seconds()).isEqualTo(5);
  }

  @Test
  void a_stored_plan_keeps_where_its_starts_come_from() {
    for (int i = 0; i < 3; i++) {
      onBatch(4);
    }
    Task task = onBatch(4);
    var json = PlanJson.write(task.plan());
    assertThat(json.path("routes").get(0).path("start").toString())
        .isEqualTo("{\"basis\":\"seen\",\"seconds\":4.0}");
    assertThat(json.path("routes").get(0).path("why").asText())
        .contains("the last starts there took 4 s");
    assertThat(PlanJson.read(json).routes()).isEqualTo(task.plan().routes());
  }
}
