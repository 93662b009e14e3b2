package dev.spillway.dispatch.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.routing.RoutePlan.Reason;
import dev.spillway.dispatch.routing.Workload.FunctionForm;
import dev.spillway.dispatch.routing.Workload.JobForm;
import dev.spillway.dispatch.routing.cost.Tariffs;
import dev.spillway.dispatch.routing.cost.TestPrices;
import dev.spillway.dispatch.routing.prediction.FirstSight;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RouterTest {
  private static final Limits LIMITS =
      new Limits(
          Duration.ofSeconds(900),
          Duration.ofSeconds(60),
          10_240,
          10_240,
          1_769,
          6_291_456,
          Duration.ofSeconds(60),
          16,
          122_880,
          204_800,
          4);
  private static final Router ROUTER =
      new Router(LIMITS, new Tariffs(TestPrices.PRICES, TestPrices.STARTS), FirstSight.DEFAULT);
  private static final FunctionForm BIG_FUNCTION =
      new FunctionForm("resize", 900, 10_240, 10_240, "x86_64", "zip", false);
  private static final FunctionForm SMALL_FUNCTION =
      new FunctionForm("resize", 3, 512, 512, "x86_64", "zip", false);
  private static final JobForm JOB =
      new JobForm("resize", "spillway/workloads", 1, 2048, 0, false, 1, Optional.empty());
  private static final BatchQueue SPOT = new BatchQueue("nightly-spot", Route.BATCH_SPOT, 10, 64);
  private static final BatchQueue EC2 = new BatchQueue("steady", Route.BATCH_EC2, 1, 16);
  private static final BatchQueue FARGATE = new BatchQueue("thin", Route.BATCH_FARGATE, 1, 64);
  private static final List<BatchQueue> QUEUES = List.of(SPOT, EC2, FARGATE);

  private static final TaskProfile PLAIN =
      new TaskProfile(
          new TaskProfile.Time(Optional.empty(), Optional.empty()),
          new TaskProfile.Needs(
              OptionalDouble.empty(), OptionalLong.empty(), OptionalLong.empty(), 0, false, 1),
          new TaskProfile.Form(Optional.empty(), Optional.empty(), false),
          100,
          -1,
          false,
          new TaskProfile.Wishes(List.of(), 1, Optional.empty(), Objective.COST, Optional.empty()),
          1);

  private static TaskProfile time(String expected, String timeout) {
    return new TaskProfile(
        new TaskProfile.Time(
            Optional.ofNullable(expected).map(Duration::parse),
            Optional.ofNullable(timeout).map(Duration::parse)),
        PLAIN.needs(),
        PLAIN.form(),
        100,
        -1,
        false,
        PLAIN.wishes(),
        1);
  }

  private static TaskProfile needs(double vcpus, long memory, long disk) {
    return needing(
        new TaskProfile.Needs(
            vcpus == 0 ? OptionalDouble.empty() : OptionalDouble.of(vcpus),
            memory == 0 ? OptionalLong.empty() : OptionalLong.of(memory),
            disk == 0 ? OptionalLong.empty() : OptionalLong.of(disk),
            0,
            false,
            1));
  }

  private static TaskProfile needing(TaskProfile.Needs needs) {
    return new TaskProfile(
        PLAIN.time(), needs, PLAIN.form(), 100, -1, false, PLAIN.wishes(), PLAIN.attempts());
  }

  private static TaskProfile wishing(List<Route> routes, int priority, String queue) {
    return new TaskProfile(
        PLAIN.time(),
        PLAIN.needs(),
        PLAIN.form(),
        100,
        -1,
        false,
        new TaskProfile.Wishes(
            routes, priority, Optional.ofNullable(queue), Objective.COST, Optional.empty()),
        1);
  }

  private static TaskProfile form(String imageType, String architecture, boolean environment) {
    return new TaskProfile(
        PLAIN.time(),
        PLAIN.needs(),
        new TaskProfile.Form(
            Optional.ofNullable(imageType), Optional.ofNullable(architecture), environment),
        100,
        -1,
        false,
        PLAIN.wishes(),
        1);
  }

  private static Workload workload(FunctionForm function, JobForm job) {
    return new Workload(
        "resize",
        Optional.ofNullable(function),
        Optional.ofNullable(job),
        Optional.empty(),
        Map.of(),
        Map.of());
  }

  private static TaskProfile payload(long bytes) {
    return new TaskProfile(
        PLAIN.time(), PLAIN.needs(), PLAIN.form(), bytes, -1, false, PLAIN.wishes(), 1);
  }

  static Stream<Arguments> function_rules() {
    return Stream.of(
        Arguments.of(PLAIN, BIG_FUNCTION, null, null),
        Arguments.of(time("PT14M", null), BIG_FUNCTION, null, null),
        Arguments.of(
            time("PT14M0.001S", null),
            BIG_FUNCTION,
            "time",
            "14 min expected, the limit is 14 min (Lambda's 15 min less a margin of 1 min)"),
        Arguments.of(
            time("PT2H10M", null),
            BIG_FUNCTION,
            "time",
            "2 h 10 min expected, the limit is 14 min (Lambda's 15 min less a margin of 1 min)"),
        Arguments.of(time("PT3S", null), SMALL_FUNCTION, null, null),
        Arguments.of(
            time("PT4S", null),
            SMALL_FUNCTION,
            "time",
            "4 s expected, the limit is 3 s (the function's own)"),
        Arguments.of(
            time(null, "PT20M"),
            BIG_FUNCTION,
            "time",
            "20 min allowed by your timeout, the limit is 14 min (Lambda's 15 min less a margin of 1 min)"),
        Arguments.of(time("PT1S", "PT20M"), BIG_FUNCTION, null, null),
        Arguments.of(
            needs(0, 24_576, 0),
            BIG_FUNCTION,
            "memory",
            "24,576 MiB of memory, the limit is 10,240 MiB"),
        Arguments.of(
            needs(0, 1_024, 0),
            SMALL_FUNCTION,
            "memory",
            "1,024 MiB of memory, the limit is 512 MiB (the function's own)"),
        Arguments.of(
            needs(0, 0, 12_288),
            BIG_FUNCTION,
            "disk",
            "12,288 MiB of disk, the limit is 10,240 MiB"),
        Arguments.of(needs(5.75, 0, 0), BIG_FUNCTION, null, null),
        Arguments.of(
            needs(6, 0, 0),
            BIG_FUNCTION,
            "vcpus",
            "6 vCPUs asked, 10,240 MiB of memory give a function 5.78 vCPUs (one for each 1,769 MB)"),
        Arguments.of(
            needs(1, 0, 0),
            SMALL_FUNCTION,
            "vcpus",
            "1 vCPU asked, 512 MiB of memory give a function 0.28 vCPUs (one for each 1,769 MB)"),
        Arguments.of(payload(6_291_456), BIG_FUNCTION, null, null),
        Arguments.of(
            payload(6_291_457),
            BIG_FUNCTION,
            "payload",
            "6,291,457 bytes of payload, the limit is 6,291,456, and the function does not accept a reference"),
        Arguments.of(
            payload(6_291_457),
            new FunctionForm("f", 900, 512, 512, "x86_64", "zip", true),
            null,
            null),
        Arguments.of(
            PLAIN,
            new FunctionForm("f", 900, 512, 512, "x86_64", "zip", false, OptionalInt.of(0)),
            "concurrency",
            "the function's reserved concurrency is 0, so Lambda throttles every call of it"),
        Arguments.of(
            PLAIN,
            new FunctionForm("f", 900, 512, 512, "x86_64", "zip", false, OptionalInt.of(1)),
            null,
            null),
        Arguments.of(
            form("docker", null, false),
            BIG_FUNCTION,
            "imageType",
            "a docker image is never taken to be able to run as a function"),
        Arguments.of(form("zip", null, false), BIG_FUNCTION, null, null),
        Arguments.of(
            form("lambda-image", null, false),
            BIG_FUNCTION,
            "imageType",
            "imageType lambda-image asked, the function is zip"),
        Arguments.of(
            form(null, "arm64", false),
            BIG_FUNCTION,
            "architecture",
            "arm64 asked, the function is x86_64"),
        Arguments.of(
            form(null, null, true),
            BIG_FUNCTION,
            "environment",
            "environment variables given, and Lambda takes none with an invocation"),
        Arguments.of(PLAIN, null, "form", "resize has no function form"),
        Arguments.of(
            wishing(List.of(Route.BATCH_SPOT), 1, null),
            BIG_FUNCTION,
            "routes",
            "you allowed only batch-spot"));
  }

  @ParameterizedTest
  @MethodSource("function_rules")
  void the_function_route_says_why_it_rejects(
      TaskProfile task, FunctionForm function, String rule, String sentence) {
    RoutePlan plan =
        ROUTER.plan(task, workload(function, JOB), Situation.of(QUEUES), RunHistory.NONE);
    List<Reason> reasons = reasons(plan, Route.FUNCTION);
    if (rule == null) {
      assertThat(reasons).isEmpty();
      assertThat(plan.routes()).extracting(RoutePlan.Accepted::route).contains(Route.FUNCTION);
    } else {
      assertThat(reasons).containsExactly(new Reason(rule, sentence));
      assertThat(plan.routes())
          .extracting(RoutePlan.Accepted::route)
          .doesNotContain(Route.FUNCTION);
    }
  }

  @Test
  void every_reason_is_given_at_once() {
    TaskProfile huge =
        new TaskProfile(
            new TaskProfile.Time(Optional.of(Duration.parse("PT2H10M")), Optional.empty()),
            new TaskProfile.Needs(
                OptionalDouble.of(8), OptionalLong.of(24_576), OptionalLong.of(49_152), 2, true, 3),
            new TaskProfile.Form(Optional.of("docker"), Optional.of("arm64"), true),
            7_000_000,
            -1,
            false,
            PLAIN.wishes(),
            1);
    RoutePlan plan =
        ROUTER.plan(huge, workload(BIG_FUNCTION, JOB), Situation.of(QUEUES), RunHistory.NONE);
    assertThat(reasons(plan, Route.FUNCTION))
        .extracting(Reason::rule)
        .containsExactly(
            "gpus",
            "privileged",
            "nodes",
            "time",
            "memory",
            "vcpus",
            "disk",
            "payload",
            "imageType",
            "architecture",
            "environment");
    assertThat(reasons(plan, Route.BATCH_FARGATE))
        .extracting(Reason::rule)
        .containsExactly("nodes", "gpus", "privileged");
    assertThat(plan.impossible()).isTrue();
    assertThat(plan.atMostTries()).isZero();
  }

  @Test
  void a_job_route_refuses_a_gpu_and_privilege_that_its_definition_does_not_give() {
    TaskProfile asks =
        needing(
            new TaskProfile.Needs(
                OptionalDouble.empty(), OptionalLong.empty(), OptionalLong.empty(), 1, true, 1));
    RoutePlan plan =
        ROUTER.plan(asks, workload(BIG_FUNCTION, JOB), Situation.of(QUEUES), RunHistory.NONE);
    assertThat(reasons(plan, Route.BATCH_EC2))
        .extracting(Reason::rule)
        .containsExactly("gpus", "privileged");
    assertThat(plan.impossible()).isTrue();
  }

  @Test
  void tries_never_multiply() {
    TaskProfile retried =
        new TaskProfile(PLAIN.time(), PLAIN.needs(), PLAIN.form(), 1, -1, false, PLAIN.wishes(), 3);
    RoutePlan plan =
        ROUTER.plan(retried, workload(BIG_FUNCTION, JOB), Situation.of(QUEUES), RunHistory.NONE);
    assertThat(plan.routes()).hasSize(4);
    assertThat(plan.atMostTries()).isEqualTo(4 + 2);
  }

  static Stream<Arguments> batch_rules() {
    return Stream.of(
        Arguments.of(PLAIN, "batch-spot", null, null),
        Arguments.of(
            PLAIN,
            "batch-fargate-spot",
            "queue",
            "no queue of this kind has the tag spillway:dispatch"),
        Arguments.of(time(null, "PT60S"), "batch-ec2", null, null),
        Arguments.of(
            time(null, "PT59S"),
            "batch-ec2",
            "timeout",
            "your timeout is 59 s, and the least that Batch takes is 1 min"),
        Arguments.of(needs(16, 0, 0), "batch-ec2", null, null),
        Arguments.of(
            needs(17, 0, 0),
            "batch-ec2",
            "vcpus",
            "17 vCPUs asked, the environment of queue steady has 16 at most"),
        Arguments.of(
            needs(17, 0, 0),
            "batch-fargate",
            "vcpus",
            "17 vCPUs asked, Fargate has 16 vCPUs at most"),
        Arguments.of(
            needs(0, 130_000, 0),
            "batch-fargate",
            "memory",
            "130,000 MiB of memory, Fargate has 122,880 MiB"),
        Arguments.of(needs(0, 130_000, 0), "batch-ec2", null, null),
        Arguments.of(
            needs(0, 0, 204_801),
            "batch-fargate",
            "disk",
            "204,801 MiB of disk, Fargate has 204,800 MiB"),
        Arguments.of(
            needing(
                new TaskProfile.Needs(
                    OptionalDouble.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    1,
                    false,
                    1)),
            "batch-fargate",
            "gpus",
            "Fargate has no GPU"),
        Arguments.of(
            needing(
                new TaskProfile.Needs(
                    OptionalDouble.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    0,
                    true,
                    1)),
            "batch-fargate",
            "privileged",
            "Fargate runs nothing privileged"),
        Arguments.of(
            needing(
                new TaskProfile.Needs(
                    OptionalDouble.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    0,
                    false,
                    3)),
            "batch-ec2",
            "nodes",
            "3 nodes asked, and multi-node jobs cannot be run yet"),
        Arguments.of(
            wishing(List.of(Route.FUNCTION), 1, null),
            "batch-ec2",
            "routes",
            "you allowed only function"),
        Arguments.of(
            wishing(List.of(), 1, "nightly-spot"),
            "batch-ec2",
            "queue",
            "you named the queue nightly-spot, which is batch-spot"),
        Arguments.of(
            wishing(List.of(), 1, "gone"),
            "batch-ec2",
            "queue",
            "the queue gone that you named is not one of the tagged queues"));
  }

  @ParameterizedTest
  @MethodSource("batch_rules")
  void each_batch_route_says_why_it_rejects(
      TaskProfile task, String route, String rule, String sentence) {
    RoutePlan plan = ROUTER.plan(task, workload(null, JOB), Situation.of(QUEUES), RunHistory.NONE);
    List<Reason> reasons = reasons(plan, Route.of(route).orElseThrow());
    if (rule == null) {
      assertThat(reasons).isEmpty();
    } else {
      assertThat(reasons).containsExactly(new Reason(rule, sentence));
    }
  }

  @Test
  void a_workload_without_a_job_definition_has_no_batch_route() {
    RoutePlan plan =
        ROUTER.plan(PLAIN, workload(SMALL_FUNCTION, null), Situation.of(QUEUES), RunHistory.NONE);
    assertThat(plan.routes()).hasSize(1);
    assertThat(reasons(plan, Route.BATCH_EC2))
        .containsExactly(new Reason("form", "resize has no job definition"));
  }

  static Stream<Arguments> priorities() {
    return Stream.of(
        Arguments.of(0, "low"),
        Arguments.of(1, "low"),
        Arguments.of(9, "low"),
        Arguments.of(10, "middle"),
        Arguments.of(99, "middle"),
        Arguments.of(1000, "high"));
  }

  @Test
  void a_job_definition_runs_on_the_platform_that_it_is_made_for() {
    for (String platform : List.of("EC2", "FARGATE")) {
      JobForm job =
          new JobForm(
              "j", "image", 1, 2048, 0, false, 1, Optional.empty(), false, List.of(platform));
      List<BatchQueue> queues =
          List.of(
              new BatchQueue("thin", Route.BATCH_FARGATE, 1, 64),
              new BatchQueue("steady", Route.BATCH_EC2, 1, 64));
      RoutePlan plan =
          ROUTER.plan(PLAIN, workload(null, job), Situation.of(queues), RunHistory.NONE);
      Route goes = platform.equals("EC2") ? Route.BATCH_EC2 : Route.BATCH_FARGATE;
      Route stays = platform.equals("EC2") ? Route.BATCH_FARGATE : Route.BATCH_EC2;
      assertThat(plan.routes()).extracting(RoutePlan.Accepted::route).containsExactly(goes);
      assertThat(reasons(plan, stays))
          .contains(
              new Reason(
                  "platform",
                  "the job definition is made for %s, and this route is %s"
                      .formatted(platform, platform.equals("EC2") ? "FARGATE" : "EC2")));
    }
  }

  @ParameterizedTest
  @MethodSource("priorities")
  void priority_takes_the_highest_queue_not_above_it_else_the_lowest(int priority, String queue) {
    List<BatchQueue> queues =
        List.of(
            new BatchQueue("high", Route.BATCH_EC2, 100, 8),
            new BatchQueue("low", Route.BATCH_EC2, 1, 8),
            new BatchQueue("middle", Route.BATCH_EC2, 10, 8));
    RoutePlan plan =
        ROUTER.plan(
            wishing(List.of(), priority, null),
            workload(null, JOB),
            Situation.of(queues),
            RunHistory.NONE);
    assertThat(plan.routes().getFirst().jobQueue()).contains(queue);
  }

  private static List<Reason> reasons(RoutePlan plan, Route route) {
    return plan.rejected().stream()
        .filter(r -> r.route() == route)
        .flatMap(r -> r.reasons().stream())
        .toList();
  }
}
