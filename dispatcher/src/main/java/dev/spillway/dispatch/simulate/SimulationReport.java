package dev.spillway.dispatch.simulate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.routing.Amounts;
import dev.spillway.dispatch.simulate.Comparison.ApplicationLine;
import dev.spillway.dispatch.simulate.Comparison.Line;
import dev.spillway.dispatch.simulate.Outcome.Bounds;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Writes comparisons for people and for programs. */
public final class SimulationReport {
  /** Columns of a comparison. */
  public static final List<String> HEADER =
      List.of(
          "FEEDBACK",
          "POLICY",
          "COST",
          "x ORACLE",
          "TIME-OUTS",
          "WASTED",
          "ADDED WAIT",
          "MEAN TIME",
          "P95 TIME",
          "x FASTEST",
          "REGRET",
          "FUNCTION");

  private static final List<String> SHARED_HEADER =
      List.of("QUEUED", "MAKESPAN", "BATCH vCPU-h", "FAILED");

  /** Columns of the applications. */
  public static final List<String> APPLICATION_HEADER =
      List.of(
          "FEEDBACK",
          "APPLICATION",
          "WORKFLOWS",
          "TASKS",
          "ORACLE",
          "x ORACLE",
          "WASTED",
          "BOUNDS HELD",
          "BOUNDS");

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final double HOUR = 3600;

  private SimulationReport() {}

  /** What was replayed, and what was assumed. */
  public static List<String> summary(Comparison c) {
    String orders =
        c.orders() == 0
            ? "in the order of the file"
            : "medians of " + c.orders() + (c.orders() == 1 ? " order" : " orders");
    return List.of(
        String.format(
            Locale.ROOT,
            "%,d tasks, %,.1f h of work; %s feedback, objective %s, %s.",
            c.tasks(),
            c.seconds() / HOUR,
            c.feedback().word(),
            c.objective().word(),
            orders),
        c.assumptions());
  }

  /** Columns of a comparison: more where tasks shared places. */
  public static List<String> header(Comparison comparison) {
    return comparison.capacity().unlimited() ? HEADER : join(HEADER, SHARED_HEADER);
  }

  /** One row a policy. */
  public static List<List<String>> rows(Comparison comparison) {
    return comparison.lines().stream()
        .map(
            l -> {
              List<String> row = row(comparison.feedback(), l);
              return comparison.capacity().unlimited() ? row : join(row, shared(l));
            })
        .toList();
  }

  private static List<String> shared(Line l) {
    return List.of(
        seconds(l.queueSeconds()),
        Amounts.time(Duration.ofMillis(Math.round(1000 * l.makespanSeconds()))),
        String.format(Locale.ROOT, "%,.1f", l.batchVcpuHours()),
        Amounts.count(l.failed()));
  }

  private static List<String> join(List<String> first, List<String> then) {
    return Stream.concat(first.stream(), then.stream()).toList();
  }

  private static List<String> row(Feedback feedback, Line l) {
    return List.of(
        feedback.word(),
        l.policy(),
        String.format(Locale.ROOT, "$%,.2f", l.cost()),
        String.format(Locale.ROOT, "%.3f", l.timesOracle()),
        Amounts.count(l.timeouts()),
        String.format(Locale.ROOT, "%.2f %%", 100 * l.wasted()),
        seconds(l.waitSeconds()),
        seconds(l.times().meanSeconds()),
        seconds(l.times().p95Seconds()),
        String.format(Locale.ROOT, "%.3f", l.times().timesFastest()),
        String.format(Locale.ROOT, "$%,.2f", Math.abs(l.regret()) < 0.005 ? 0 : l.regret()),
        String.format(Locale.ROOT, "%.0f %%", 100 * l.onFunctions()));
  }

  private static String seconds(double seconds) {
    return String.format(Locale.ROOT, "%,.1f s", seconds);
  }

  /** How far our bounds held; empty when none was told. */
  public static Optional<String> bounds(Comparison c) {
    return c.bounds().told() == 0
        ? Optional.empty()
        : Optional.of(
            "Of "
                + Amounts.count(c.bounds().told())
                + " bounds told for 9 of 10 runs, with 8 runs or more before them, "
                + held(c.bounds())
                + " held.");
  }

  /** One row an application. */
  public static List<List<String>> applications(Comparison comparison) {
    return comparison.applications().stream()
        .map(
            a ->
                List.of(
                    comparison.feedback().word(),
                    a.application(),
                    Amounts.count(a.workflows()),
                    Amounts.count(a.tasks()),
                    String.format(Locale.ROOT, "$%,.2f", a.oracleCost()),
                    String.format(Locale.ROOT, "%.3f", a.line().timesOracle()),
                    String.format(Locale.ROOT, "%.2f %%", 100 * a.line().wasted()),
                    a.bounds().told() == 0 ? "-" : held(a.bounds()),
                    Amounts.count(a.bounds().told())))
        .toList();
  }

  private static String held(Bounds bounds) {
    return String.format(Locale.ROOT, "%.1f %%", 100.0 * bounds.held() / bounds.told());
  }

  /** For programs: USD, seconds, shares of 1. */
  public static ObjectNode json(List<Comparison> comparisons) {
    ObjectNode json = NODES.objectNode();
    ArrayNode all = json.putArray("comparisons");
    for (Comparison c : comparisons) {
      ObjectNode one =
          all.addObject()
              .put("feedback", c.feedback().word())
              .put("objective", c.objective().word())
              .put("tasks", c.tasks())
              .put("runSeconds", c.seconds())
              .put("orders", c.orders())
              .put("assumptions", c.assumptions());
      ArrayNode policies = one.putArray("policies");
      c.lines().forEach(l -> policies.add(json(l)));
      one.set("bounds", json(c.bounds()));
      ArrayNode applications = one.putArray("applications");
      c.applications().forEach(a -> applications.add(json(a)));
    }
    return json;
  }

  private static ObjectNode json(Line l) {
    return NODES
        .objectNode()
        .put("policy", l.policy())
        .put("cost", l.cost())
        .put("timesOracle", l.timesOracle())
        .put("timeouts", l.timeouts())
        .put("wasted", l.wasted())
        .put("addedWaitSeconds", l.waitSeconds())
        .put("meanSeconds", l.times().meanSeconds())
        .put("p95Seconds", l.times().p95Seconds())
        .put("timesFastest", l.times().timesFastest())
        .put("regret", l.regret())
        .put("onFunctions", l.onFunctions())
        .put("queueSeconds", l.queueSeconds())
        .put("makespanSeconds", l.makespanSeconds())
        .put("batchVcpuHours", l.batchVcpuHours())
        .put("failed", l.failed());
  }

  private static ObjectNode json(ApplicationLine a) {
    ObjectNode json = json(a.line());
    json.put("application", a.application())
        .put("workflows", a.workflows())
        .put("tasks", a.tasks())
        .put("oracleCost", a.oracleCost());
    json.set("bounds", json(a.bounds()));
    return json;
  }

  private static ObjectNode json(Bounds bounds) {
    return NODES.objectNode().put("told", bounds.told()).put("held", bounds.held());
  }
}
