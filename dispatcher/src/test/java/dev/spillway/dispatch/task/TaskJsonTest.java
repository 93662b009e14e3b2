package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.fallback.Cause;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.Journey;
import dev.spillway.dispatch.fallback.MemoryRange;
import dev.spillway.dispatch.fallback.Orders;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.routing.Route;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What is stored is read as it was written, and what an earlier version wrote is still read. */
class TaskJsonTest {
  private final Bench bench = new Bench();

  @Test
  void a_journey_with_a_hop_that_was_given_up_and_stopped() {
    Task task = bench.submit("{'workload': 'resize', 'disk': '12 GiB'}");
    bench.pass(Bench.SETTINGS.fallback().noCapacityAfter().toSeconds());
    bench.batch.fail("job-1", "It got no place", null, null, Doubles.START, Doubles.START);
    bench.settle();
    Journey journey = bench.now(task).journey();
    assertThat(journey.hops().getFirst())
        .returns(Hop.Status.STOPPED, Hop::status)
        .returns(Optional.of(Cause.NO_CAPACITY), Hop::cause);
    assertThat(TaskJson.journey(TaskJson.journey(journey))).isEqualTo(journey);
    assertThat(journey.state()).isInstanceOf(TaskState.Runnable.class);
  }

  @Test
  void a_function_hop_keeps_the_memory_that_its_report_tells() {
    bench.functions.log =
        Optional.of(
            "START RequestId: 2f1c Version: $LATEST\n"
                + "REPORT RequestId: mine\tMax Memory Used: 9 MB\n"
                + "END RequestId: 2f1c\n"
                + "REPORT RequestId: 2f1c\tDuration: 79.67 ms\tBilled Duration: 80 ms"
                + "\tMemory Size: 512 MB\tMax Memory Used: 173 MB\t\n");
    Task task = bench.submit("{'workload': 'resize'}");
    bench.functions.fail(task.hopKey(1), "Sandbox.Timedout", "Task timed out after 3.00 seconds");
    bench.settle();
    Journey journey = bench.now(task).journey();
    assertThat(journey.hops())
        .extracting(Hop::memoryUsedMib)
        .startsWith(OptionalLong.of(173), OptionalLong.empty());
    assertThat(TaskJson.journey(TaskJson.journey(journey))).isEqualTo(journey);
    String before = TaskJson.journey(journey).replace(",\"memoryUsedMib\":173", "");
    assertThat(TaskJson.journey(before).hops().getFirst().memoryUsedMib()).isEmpty();
  }

  @Test
  void a_hop_keeps_its_place_in_a_pack_and_one_from_before_packs_has_none() {
    bench.runner.packBy(_ -> true);
    List<Task> two =
        bench.submitAll(
            "{'tasks': [{'workload': 'resize', 'disk': '12 GiB'}, {'workload': 'resize', 'disk': '12 GiB'}]}");
    bench.pass(1);
    Journey journey = bench.now(two.get(1)).journey();
    Hop.Pack pack = journey.hops().getFirst().pack().orElseThrow();
    assertThat(pack.size()).isEqualTo(2);
    String text = TaskJson.journey(journey);
    assertThat(TaskJson.journey(text)).isEqualTo(journey);
    String before = text.replaceAll(",\"pack\":\\{[^}]*\\}", "");
    assertThat(before).doesNotContain("pack");
    assertThat(TaskJson.journey(before).hops().getFirst().pack()).isEmpty();
  }

  @Test
  void a_log_without_a_report_tells_nothing() {
    assertThat(FunctionReport.memoryUsedMib("")).isEmpty();
    assertThat(FunctionReport.memoryUsedMib("line\n")).isEmpty();
    assertThat(FunctionReport.memoryUsedMib("I say REPORT RequestId: 1\tMax Memory Used: 5 MB\n"))
        .isEmpty();
    assertThat(FunctionReport.memoryUsedMib("REPORT RequestId: 1\tDuration: 5 ms\n")).isEmpty();
    assertThat(FunctionReport.ran("REPORT RequestId: 1\tDuration: 5.25 ms\tInit Duration: 9 ms\n"))
        .contains(Duration.ofNanos(5_250_000));
    assertThat(FunctionReport.ran("REPORT RequestId: 1\tBilled Duration: 5 ms\n")).isEmpty();
  }

  @Test
  void a_leg_with_its_range_of_memory_and_one_from_before_it_was_known() {
    Task task = bench.submit("{'workload': 'resize'}");
    Orders.Leg fargate =
        new Orders.Leg(Route.BATCH_FARGATE, 2048, 512, MemoryRange.fargate(1), 0.25);
    Task with =
        new Task(
            task.taskId(),
            1,
            task.createdAt(),
            task.document(),
            task.target(),
            task.plan(),
            new Orders(List.of(fargate), task.orders().retry(), Optional.empty()),
            task.journey(),
            Optional.empty());
    String text = TaskJson.fixed(with);
    assertThat(TaskJson.fixed(text).legs()).containsExactly(fargate);
    String before = text.replaceAll(",\"(mostMemoryMib|memoryStepMib|risk)\":[\\d.]+", "");
    assertThat(before).doesNotContain("Step", "\"risk\":0.25");
    assertThat(TaskJson.fixed(before).legs())
        .containsExactly(new Orders.Leg(Route.BATCH_FARGATE, 2048, 512));
  }
}
