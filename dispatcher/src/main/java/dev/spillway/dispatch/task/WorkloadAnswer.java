package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.routing.HintWords;
import dev.spillway.dispatch.routing.PlanWords;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.prediction.Figures;
import dev.spillway.dispatch.routing.prediction.Hints;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.stream.Collectors;

/** How workloads are answered: their documents, what was learnt, where they go now. */
public final class WorkloadAnswer {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private WorkloadAnswer() {}

  /** All registered ones, with the prices that their costs come from. */
  public static ObjectNode all(Learnt learnt) {
    ObjectNode body = NODES.objectNode();
    ArrayNode list = body.putArray("workloads");
    learnt.all().forEach(view -> list.add(of(view)));
    body.set("prices", PlanJson.prices(learnt.prices()));
    return body;
  }

  /** One, with the changes of its route. */
  public static ObjectNode one(Learnt learnt, String name) {
    ObjectNode body = of(learnt.of(name));
    ArrayNode changes = body.putArray("routeChanges");
    for (RouteChanges.Change change : learnt.changes(name)) {
      changes
          .addObject()
          .put("at", change.at().toString())
          .put("from", change.from().word())
          .put("to", change.to().word())
          .put("taskId", change.taskId())
          .put("cause", change.cause());
    }
    body.set("prices", PlanJson.prices(learnt.prices()));
    return body;
  }

  /** One without them. */
  public static ObjectNode of(Learnt.View view) {
    ObjectNode json = NODES.objectNode().put("workload", view.name());
    view.workload().ifPresent(w -> document(json, w));
    json.set("history", history(view.history()));
    view.now().ifPresent(plan -> json.set("routeNow", now(plan)));
    return json;
  }

  private static ObjectNode history(RunHistory history) {
    Figures figures = Figures.of(history);
    ObjectNode json =
        NODES.objectNode().put("runs", figures.runs()).put("remembered", figures.remembered());
    figures.medianSeconds().ifPresent(s -> json.put("p50Seconds", rounded(s)));
    figures.longSeconds().ifPresent(s -> json.put("p90Seconds", rounded(s)));
    figures.memoryMib().ifPresent(mib -> json.put("p95Memory", mib + " MiB"));
    figures.medianInputBytes().ifPresent(bytes -> json.put("p50InputBytes", bytes));
    Hints hints = history.hints();
    ObjectNode hinted = json.putObject("hints").put("given", hints.given());
    if (hints.given() > 0) {
      hinted
          .put("farOff", hints.farOff())
          .put("factor", rounded(hints.factor()))
          .put("lastHintSeconds", rounded(hints.lastHint()))
          .put("lastSeenSeconds", rounded(hints.lastSeen()));
    }
    hinted.put("verdict", HintWords.of(hints));
    return json;
  }

  private static ObjectNode now(RoutePlan plan) {
    ObjectNode json = NODES.objectNode();
    if (plan.impossible()) {
      return json.put(
          "why",
          plan.rejected().stream()
              .map(
                  r ->
                      r.route().word()
                          + ": "
                          + r.reasons().stream()
                              .map(RoutePlan.Reason::sentence)
                              .collect(Collectors.joining("; ")))
              .collect(Collectors.joining(". ")));
    }
    RoutePlan.Accepted first = plan.routes().getFirst();
    json.put("route", first.route().word());
    first.jobQueue().ifPresent(q -> json.put("jobQueue", q));
    first
        .estimate()
        .filter(e -> Double.isFinite(e.cost()))
        .ifPresent(
            e -> json.put("cost", e.cost()).put("finishSeconds", rounded(e.finishSeconds())));
    return json.put("why", PlanWords.choice(plan));
  }

  /** The figures are kept to a part of a percent, so more digits would say nothing. */
  private static double rounded(double value) {
    return new BigDecimal(value).round(new MathContext(4)).doubleValue();
  }

  private static void document(ObjectNode json, Workload workload) {
    workload
        .function()
        .ifPresent(
            f ->
                json.putObject("function")
                    .put("functionName", f.functionName())
                    .put("timeout", Duration.ofSeconds(f.timeoutSeconds()).toString())
                    .put("memory", f.memoryMib() + " MiB")
                    .put("ephemeralStorage", f.ephemeralStorageMib() + " MiB")
                    .put("architecture", f.architecture())
                    .put("imageType", f.imageType())
                    .put("acceptsReference", f.acceptsReference()));
    workload
        .jobDefinition()
        .ifPresent(
            j -> {
              ObjectNode job =
                  json.putObject("jobDefinition")
                      .put("jobDefinition", j.jobDefinition())
                      .put("image", j.image())
                      .put("vcpus", j.vcpus())
                      .put("memory", j.memoryMib() + " MiB");
              j.timeoutSeconds()
                  .ifPresent(s -> job.put("timeout", Duration.ofSeconds(s).toString()));
            });
    ObjectNode parameters = json.putObject("parameters");
    workload.parameters().forEach(parameters::put);
    json.set("defaults", DocumentReader.JSON.valueToTree(workload.defaults()));
  }
}
