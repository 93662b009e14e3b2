package dev.spillway.dispatch.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.dispatch.routing.RoutePlan.Accepted;
import dev.spillway.dispatch.routing.cost.Basis;
import dev.spillway.dispatch.routing.cost.Tariffs;
import dev.spillway.dispatch.routing.cost.TestPrices;
import dev.spillway.dispatch.routing.prediction.FirstSight;
import dev.spillway.dispatch.routing.prediction.Run;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import dev.spillway.dispatch.wiring.DispatchDefaults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Which route wins, and what the plan says of it. */
class RankingTest {
  private static final Router ROUTER =
      new Router(
          DispatchDefaults.routing(4).limits(),
          new Tariffs(TestPrices.PRICES, TestPrices.STARTS),
          FirstSight.DEFAULT);
  private static final Workload WORKLOAD =
      new Workload(
          "resize",
          Optional.of(new Workload.FunctionForm("resize", 900, 1769, 512, "x86_64", "zip", false)),
          Optional.of(
              new Workload.JobForm("resize", "image", 1, 2048, 0, false, 1, Optional.empty())),
          Optional.empty(),
          Map.of(),
          Map.of());
  private static final BatchQueue FARGATE = new BatchQueue("thin", Route.BATCH_FARGATE, 1, 64);
  private static final BatchQueue SPOT =
      new BatchQueue("night", Route.BATCH_SPOT, 1, 64, List.of("m5"), new Load(true, 0, 0));
  private static final List<BatchQueue> QUEUES = List.of(FARGATE, SPOT);

  private static TaskProfile task(Objective objective, Deadline deadline) {
    return new TaskProfile(
        new TaskProfile.Time(Optional.empty(), Optional.empty()),
        new TaskProfile.Needs(
            OptionalDouble.empty(), OptionalLong.empty(), OptionalLong.empty(), 0, false, 1),
        new TaskProfile.Form(Optional.empty(), Optional.empty(), false),
        100,
        1_000,
        false,
        new TaskProfile.Wishes(
            List.of(), 1, Optional.empty(), objective, Optional.ofNullable(deadline)),
        1);
  }

  private static RunHistory runs(double... seconds) {
    RunHistory history = RunHistory.NONE;
    for (double s : seconds) {
      history = history.with(Run.of(s, 1_000, Run.Kind.JOB), knowing(history.count()));
    }
    return history;
  }

  private static PlannedWith knowing(long count) {
    return new PlannedWith(count, OptionalDouble.empty(), OptionalDouble.empty());
  }

  private static RoutePlan plan(Objective objective, Deadline deadline, RunHistory history) {
    return ROUTER.plan(task(objective, deadline), WORKLOAD, Situation.of(QUEUES), history);
  }

  private static RoutePlan onFargate(Objective objective, RunHistory history) {
    return ROUTER.plan(task(objective, null), WORKLOAD, Situation.of(List.of(FARGATE)), history);
  }

  private static List<Route> routes(RoutePlan plan) {
    return plan.routes().stream().map(Accepted::route).toList();
  }

  @Test
  void a_short_run_is_cheapest_on_the_function_and_a_long_one_on_batch() {
    assertThat(routes(onFargate(Objective.COST, runs(6, 7, 6, 8, 7))).getFirst())
        .isEqualTo(Route.FUNCTION);
    assertThat(routes(onFargate(Objective.COST, runs(60, 70, 60, 80, 70))).getFirst())
        .isEqualTo(Route.BATCH_FARGATE);
    assertThat(routes(plan(Objective.COST, null, runs(60, 70, 60, 80, 70))).getFirst())
        .isEqualTo(Route.BATCH_SPOT);
  }

  @Test
  void who_wants_speed_gets_the_function_where_cost_would_choose_batch() {
    RunHistory minutes = runs(60, 70, 60, 80, 70);
    assertThat(routes(onFargate(Objective.SPEED, minutes)).getFirst()).isEqualTo(Route.FUNCTION);
    assertThat(routes(onFargate(Objective.BALANCED, runs(400, 410, 405, 400))).getFirst())
        .isEqualTo(Route.BATCH_FARGATE);
  }

  @Test
  void who_wants_speed_goes_where_starts_were_seen_to_be_quick() {
    Starts quick =
        place -> place.name().equals("thin") ? OptionalDouble.of(1) : OptionalDouble.empty();
    Starts slow =
        place -> place.route() == Route.FUNCTION ? OptionalDouble.of(40) : quick.seconds(place);
    RunHistory minutes = runs(60, 70, 60, 80, 70);
    assertThat(routes(onFargate(Objective.SPEED, minutes)).getFirst()).isEqualTo(Route.FUNCTION);
    RoutePlan plan =
        ROUTER.plan(
            task(Objective.SPEED, null),
            WORKLOAD,
            new Situation(List.of(FARGATE), Load.UNKNOWN, slow, Ahead.NONE),
            minutes);
    assertThat(routes(plan).getFirst()).isEqualTo(Route.BATCH_FARGATE);
    assertThat(PlanWords.why(plan, 0)).endsWith("the last starts there took 1 s");
    assertThat(
            ROUTER
                .plan(
                    task(Objective.SPEED, null),
                    WORKLOAD,
                    new Situation(QUEUES, Load.UNKNOWN, quick, Ahead.NONE),
                    minutes)
                .routes())
        .filteredOn(a -> a.start().orElseThrow().seen())
        .extracting(Accepted::route)
        .containsExactly(Route.BATCH_FARGATE);
  }

  @Test
  void what_may_run_out_of_time_pays_for_it_in_its_estimate() {
    RunHistory mostlyShort = runs(5, 5, 5, 5, 5, 5, 5, 5, 5, 1_800);
    RoutePlan plan = onFargate(Objective.COST, mostlyShort);
    assertThat(routes(plan).getFirst()).as("a tenth pays twice").isEqualTo(Route.BATCH_FARGATE);
    Estimate function = plan.routes().getLast().estimate().orElseThrow();
    assertThat(function.risk()).isBetween(0.08, 0.2);
    assertThat(function.cost()).isGreaterThan(0.1 * 900 * 2.8e-5);
  }

  @Test
  void the_estimate_is_the_mean_over_what_was_seen() {
    Estimate estimate =
        onFargate(Objective.COST, runs(10, 10, 10, 10))
            .routes()
            .getFirst()
            .estimate()
            .orElseThrow();
    assertThat(estimate.cost()).isCloseTo(10 * 1769 / 1024.0 * 0.0000166667, within(1e-6));
    assertThat(estimate.finishSeconds()).isCloseTo(10.2, within(0.1));
    assertThat(estimate.risk()).isZero();
  }

  @Test
  void a_deadline_takes_the_cheapest_route_that_meets_it() {
    RunHistory minutes = runs(60, 66, 72, 60, 66, 72, 60, 66, 72, 66);
    RoutePlan relaxed = plan(Objective.COST, new Deadline(600, 0.99), minutes);
    assertThat(routes(relaxed).getFirst()).isEqualTo(Route.BATCH_SPOT);
    RoutePlan tight =
        ROUTER.plan(
            task(Objective.COST, new Deadline(95, 0.95)),
            WORKLOAD,
            Situation.of(List.of(FARGATE)),
            minutes);
    assertThat(routes(tight).getFirst()).isEqualTo(Route.FUNCTION);
    assertThat(PlanWords.expectation(tight))
        .contains("Due in 1 min 35 s with 95 %")
        .contains("batch-fargate is cheapest")
        .contains("makes it with")
        .contains("function (");
    RoutePlan hopeless = plan(Objective.COST, new Deadline(20, 0.95), minutes);
    assertThat(PlanWords.expectation(hopeless)).contains("No route is that sure");
  }

  @Test
  void runs_that_took_too_long_rule_the_function_out_whatever_the_hint_says() {
    RoutePlan plan = onFargate(Objective.COST, runs(1_200, 1_300, 1_250, 1_200, 1_300));
    assertThat(plan.rejected().getFirst().route()).isEqualTo(Route.FUNCTION);
    assertThat(plan.rejected().getFirst().reasons().getFirst().sentence())
        .matches("20 min .*expected, the limit is 14 min .*|2[01] min.* expected, the limit is.*");
  }

  private static TaskProfile ofUnknownSize() {
    TaskProfile small = task(Objective.COST, null);
    return new TaskProfile(
        new TaskProfile.Time(Optional.empty(), Optional.empty()),
        small.needs(),
        small.form(),
        100,
        -1,
        false,
        small.wishes(),
        1);
  }

  @Test
  void nothing_known_goes_to_batch_and_a_small_input_to_the_function() {
    assertThat(
            routes(
                ROUTER.plan(
                    ofUnknownSize(), WORKLOAD, Situation.of(List.of(FARGATE)), RunHistory.NONE)))
        .startsWith(Route.BATCH_FARGATE);
    assertThat(routes(onFargate(Objective.COST, RunHistory.NONE))).startsWith(Route.FUNCTION);
  }

  @Test
  void the_operator_may_say_where_first_runs_go() {
    RoutePlan plan = under(FirstSight.Policy.BATCH, task(Objective.COST, null), RunHistory.NONE);
    assertThat(routes(plan)).containsExactly(Route.BATCH_FARGATE, Route.FUNCTION);
    assertThat(PlanWords.why(plan, 0)).startsWith("chosen: first runs go to Batch");
    assertThat(PlanWords.choice(plan)).endsWith("expected, first runs go to Batch");
    assertThat(routes(under(FirstSight.Policy.FUNCTION, ofUnknownSize(), RunHistory.NONE)))
        .containsExactly(Route.FUNCTION, Route.BATCH_FARGATE);
  }

  @Test
  void what_was_seen_and_what_is_due_come_before_that() {
    assertThat(routes(under(FirstSight.Policy.BATCH, task(Objective.COST, null), runs(6, 7, 6, 7))))
        .startsWith(Route.FUNCTION);
    assertThat(
            routes(
                under(
                    FirstSight.Policy.BATCH,
                    task(Objective.COST, new Deadline(600, 0.5)),
                    RunHistory.NONE)))
        .startsWith(Route.FUNCTION);
  }

  @Test
  void a_wait_in_the_queue_counts_and_is_said() {
    BatchQueue busy = FARGATE.loaded(new Load(false, 480, 212));
    RoutePlan plan =
        ROUTER.plan(
            task(Objective.SPEED, null),
            WORKLOAD,
            Situation.of(List.of(busy)),
            runs(1_200, 1_300, 1_250));
    assertThat(PlanStory.tell(plan, false)).anyMatch(line -> line.contains("about 8 min"));
    assertThat(PlanWords.why(plan, 0)).endsWith("queue thin has 212 jobs before it, about 8 min");
    double idle =
        ROUTER
            .plan(
                task(Objective.SPEED, null),
                WORKLOAD,
                Situation.of(List.of(FARGATE)),
                runs(1_200, 1_300, 1_250))
            .routes()
            .getFirst()
            .estimate()
            .get()
            .finishSeconds();
    assertThat(plan.routes().getFirst().estimate().get().finishSeconds() - idle)
        .isCloseTo(480, org.assertj.core.api.Assertions.within(1e-6));
  }

  @Test
  void a_line_at_the_function_counts_and_is_said() {
    RunHistory minutes = runs(60, 70, 60, 80, 70);
    var free = new Situation(List.of(FARGATE), new Load(true, 0, 0), Starts.NONE, Ahead.NONE);
    var full = new Situation(List.of(FARGATE), new Load(false, 600, 31), Starts.NONE, Ahead.NONE);
    TaskProfile hurried = task(Objective.SPEED, null);
    assertThat(routes(ROUTER.plan(hurried, WORKLOAD, free, minutes)).getFirst())
        .isEqualTo(Route.FUNCTION);
    RoutePlan plan = ROUTER.plan(hurried, WORKLOAD, full, minutes);
    assertThat(routes(plan).getFirst()).isEqualTo(Route.BATCH_FARGATE);
    assertThat(PlanWords.why(plan, 1))
        .endsWith("the function has 31 calls before it, about 10 min");
    assertThat(plan.routes().get(1).start().orElseThrow().seconds())
        .as("the line is not its start")
        .isLessThan(1);
  }

  @Test
  void a_full_queue_on_ec2_has_its_instances_up_and_is_waited_for() {
    BatchQueue full =
        new BatchQueue("night", Route.BATCH_SPOT, 1, 64, List.of("m5"), new Load(false, 480, 212));
    RoutePlan plan =
        ROUTER.plan(
            task(Objective.COST, null), WORKLOAD, Situation.of(List.of(full)), runs(60, 70, 65));
    Accepted spot =
        plan.routes().stream().filter(a -> a.route() == Route.BATCH_SPOT).findFirst().orElseThrow();
    assertThat(spot.basis().orElseThrow().kind()).isEqualTo(Basis.Kind.PART_OF_INSTANCE);
    assertThat(spot.estimate().orElseThrow().finishSeconds()).isGreaterThan(480 + 60);
  }

  @Test
  void what_was_sent_before_it_counts_where_it_was_sent() {
    RunHistory minutes = runs(60, 70, 60, 80, 70);
    Ahead calls =
        (route, _) -> route == Route.FUNCTION ? new Ahead.Work(40, 40, 0) : Ahead.Work.NONE;
    var now = new Situation(List.of(FARGATE), new Load(true, 0, 0, 3, 4), Starts.NONE, calls);
    RoutePlan plan = ROUTER.plan(task(Objective.SPEED, null), WORKLOAD, now, minutes);
    assertThat(routes(plan).getFirst()).isEqualTo(Route.BATCH_FARGATE);
    assertThat(PlanWords.why(plan, 1)).contains("the function has 40 calls before it, about 1");
  }

  private static RoutePlan under(FirstSight.Policy policy, TaskProfile task, RunHistory history) {
    return new Router(
            DispatchDefaults.routing(4).limits(),
            new Tariffs(TestPrices.PRICES, TestPrices.STARTS),
            FirstSight.DEFAULT.under(policy))
        .plan(task, WORKLOAD, Situation.of(List.of(FARGATE)), history);
  }

  @Test
  void the_words_have_the_amounts() {
    RoutePlan plan = plan(Objective.COST, null, runs(6, 7, 6, 8, 7, 6, 7, 6, 8, 7));
    assertThat(PlanWords.expectation(plan))
        .matches(
            "Expected [67]\\.?\\d? s \\(9 of 10 runs under [0-9.]+ s\\), from 10 earlier runs.*"
                + " You gave no hint\\. Objective: cost\\.");
    assertThat(PlanWords.why(plan, 0)).startsWith("chosen: cheapest");
    assertThat(PlanWords.choice(plan)).matches("[67]\\.?\\d? s expected, cheapest of 3");
  }

  @Test
  void a_hint_of_hours_is_not_a_limit_but_is_believed_when_nothing_else_is_known() {
    TaskProfile hinted =
        new TaskProfile(
            new TaskProfile.Time(Optional.of(Duration.ofHours(2)), Optional.empty()),
            task(Objective.COST, null).needs(),
            task(Objective.COST, null).form(),
            100,
            1_000,
            false,
            task(Objective.COST, null).wishes(),
            1);
    RoutePlan first = ROUTER.plan(hinted, WORKLOAD, Situation.of(QUEUES), RunHistory.NONE);
    assertThat(first.rejected().getFirst().reasons().getFirst().sentence())
        .startsWith("2 h expected");
    RoutePlan later =
        ROUTER.plan(
            hinted,
            WORKLOAD,
            Situation.of(List.of(FARGATE)),
            runs(5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5));
    assertThat(routes(later)).contains(Route.FUNCTION);
  }
}
