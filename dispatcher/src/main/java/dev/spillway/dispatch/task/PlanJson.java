package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.routing.Deadline;
import dev.spillway.dispatch.routing.Estimate;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.Outlook;
import dev.spillway.dispatch.routing.PlanWords;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.cost.Basis;
import dev.spillway.dispatch.routing.cost.PriceList;
import dev.spillway.dispatch.routing.cost.Tariff;
import dev.spillway.dispatch.routing.prediction.Forecast;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** A plan as it is stored and answered: USD, seconds, shares of 1; words beside the figures. */
final class PlanJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private PlanJson() {}

  static ObjectNode write(RoutePlan plan) {
    ObjectNode json = NODES.objectNode();
    ArrayNode routes = json.putArray("routes");
    for (int i = 0; i < plan.routes().size(); i++) {
      RoutePlan.Accepted a = plan.routes().get(i);
      ObjectNode route = routes.addObject().put("route", a.route().word());
      a.jobQueue().ifPresent(q -> route.put("jobQueue", q));
      a.estimate().ifPresent(e -> estimate(route, e));
      a.tariff().ifPresent(t -> tariff(route.putObject("tariff"), t));
      a.basis().ifPresent(b -> basis(route.putObject("basis"), b));
      a.line()
          .ifPresent(
              l -> {
                ObjectNode line = route.putObject("line").put("before", l.before());
                number(line, "waitSeconds", l.waitSeconds());
              });
      a.start()
          .ifPresent(
              s ->
                  number(
                      route.putObject("start").put("basis", s.seen() ? "seen" : "assumed"),
                      "seconds",
                      s.seconds()));
      route.put("why", PlanWords.why(plan, i));
    }
    ArrayNode rejected = json.putArray("rejected");
    for (RoutePlan.Rejected r : plan.rejected()) {
      ObjectNode route = rejected.addObject().put("route", r.route().word());
      ArrayNode reasons = route.putArray("reasons");
      r.reasons()
          .forEach(x -> reasons.addObject().put("rule", x.rule()).put("sentence", x.sentence()));
    }
    plan.outlook().ifPresent(o -> json.set("outlook", outlook(o)));
    return json.put("choice", PlanWords.choice(plan))
        .put("order", PlanWords.expectation(plan))
        .put("atMostTries", plan.atMostTries());
  }

  private static void estimate(ObjectNode route, Estimate estimate) {
    number(route, "cost", estimate.cost());
    number(route, "finishSeconds", estimate.finishSeconds());
    number(route, "risk", estimate.risk());
    number(route, "lossRisk", estimate.lossRisk());
    estimate.onTime().ifPresent(p -> number(route, "onTime", p));
  }

  private static void tariff(ObjectNode json, Tariff tariff) {
    number(json, "fixed", tariff.fixed());
    number(json, "perSecond", tariff.perSecond());
    number(json, "leastSeconds", tariff.leastSeconds());
    number(json, "billedStartSeconds", tariff.billedStartSeconds());
    number(json, "waitSeconds", tariff.waitSeconds());
    number(json, "limitSeconds", tariff.limitSeconds());
    number(json, "lossPerSecond", tariff.lossPerSecond());
  }

  private static Optional<Tariff> tariff(JsonNode route) {
    JsonNode json = route.path("tariff");
    return json.isObject()
        ? Optional.of(
            new Tariff(
                json.path("fixed").doubleValue(),
                json.path("perSecond").doubleValue(),
                json.path("leastSeconds").doubleValue(),
                json.path("billedStartSeconds").doubleValue(),
                json.path("waitSeconds").doubleValue(),
                json.path("limitSeconds").asDouble(Double.POSITIVE_INFINITY),
                json.path("lossPerSecond").doubleValue(),
                Optional.empty()))
        : Optional.empty();
  }

  private static void basis(ObjectNode json, Basis basis) {
    json.put("kind", word(basis.kind()));
    if (!basis.instanceType().isEmpty()) {
      json.put("instanceType", basis.instanceType());
    }
    number(json, "seconds", basis.seconds());
  }

  private static Optional<Basis> basis(JsonNode route) {
    JsonNode json = route.path("basis");
    return json.isObject()
        ? Optional.of(
            new Basis(
                Basis.Kind.valueOf(constant(json.path("kind"))),
                json.path("instanceType").asText(""),
                json.path("seconds").doubleValue()))
        : Optional.empty();
  }

  private static Optional<RoutePlan.Line> line(JsonNode route) {
    JsonNode json = route.path("line");
    return json.isObject()
        ? Optional.of(
            new RoutePlan.Line(
                json.path("before").asLong(json.path("jobsBefore").asLong()),
                json.path("waitSeconds").doubleValue()))
        : Optional.empty();
  }

  private static Optional<RoutePlan.Start> start(JsonNode route) {
    JsonNode json = route.path("start");
    return json.isObject()
        ? Optional.of(
            new RoutePlan.Start(
                json.path("seconds").doubleValue(), json.path("basis").asText().equals("seen")))
        : Optional.empty();
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String constant(JsonNode word) {
    return word.asText().toUpperCase(Locale.ROOT).replace('-', '_');
  }

  private static ObjectNode outlook(Outlook o) {
    ObjectNode json = NODES.objectNode();
    json.put("basis", word(o.basis()));
    json.put("runs", o.runs());
    number(json, "lowSeconds", o.lowSeconds());
    number(json, "medianSeconds", o.medianSeconds());
    number(json, "boundSeconds", o.boundSeconds());
    if (o.inputBytes() >= 0) {
      json.put("inputBytes", o.inputBytes());
    }
    if (o.largestInput() >= 0) {
      json.put("largestInput", o.largestInput());
    }
    o.hintSeconds().ifPresent(h -> number(json, "hintSeconds", h));
    number(json, "hintFactor", o.hintFactor());
    json.put("hintFarOff", o.hintFarOff());
    json.put("objective", o.objective().word());
    o.prices().ifPresent(p -> json.set("prices", prices(p)));
    o.deadline()
        .ifPresent(
            d -> {
              ObjectNode deadline = json.putObject("deadline");
              number(deadline, "secondsLeft", d.secondsLeft());
              number(deadline, "probability", d.probability());
            });
    return json;
  }

  static ObjectNode prices(PriceList prices) {
    return NODES.objectNode().put("region", prices.region()).put("compiled", prices.compiled());
  }

  private static void number(ObjectNode json, String name, double value) {
    if (Double.isFinite(value)) {
      json.put(name, value);
    }
  }

  static RoutePlan read(JsonNode json) {
    List<RoutePlan.Accepted> routes = new ArrayList<>();
    for (JsonNode a : json.path("routes")) {
      routes.add(
          new RoutePlan.Accepted(
              route(a.path("route")),
              text(a, "jobQueue"),
              estimate(a),
              tariff(a),
              basis(a),
              line(a),
              start(a)));
    }
    List<RoutePlan.Rejected> rejected = new ArrayList<>();
    for (JsonNode r : json.path("rejected")) {
      List<RoutePlan.Reason> reasons = new ArrayList<>();
      for (JsonNode x : r.path("reasons")) {
        reasons.add(new RoutePlan.Reason(x.path("rule").asText(), x.path("sentence").asText()));
      }
      rejected.add(new RoutePlan.Rejected(route(r.path("route")), reasons));
    }
    return new RoutePlan(
        routes,
        rejected,
        json.has("outlook") ? Optional.of(outlook(json.path("outlook"))) : Optional.empty(),
        json.path("atMostTries").intValue());
  }

  /** Plans from before there were estimates have none. */
  private static Optional<Estimate> estimate(JsonNode json) {
    return json.has("cost")
        ? Optional.of(
            new Estimate(
                json.path("cost").doubleValue(),
                json.path("finishSeconds").doubleValue(),
                json.path("risk").doubleValue(),
                json.path("lossRisk").doubleValue(),
                number(json, "onTime")))
        : Optional.empty();
  }

  private static Outlook outlook(JsonNode json) {
    JsonNode deadline = json.path("deadline");
    return new Outlook(
        Forecast.Basis.valueOf(constant(json.path("basis"))),
        json.path("runs").longValue(),
        json.path("lowSeconds").doubleValue(),
        json.path("medianSeconds").doubleValue(),
        json.path("boundSeconds").doubleValue(),
        json.path("inputBytes").asLong(-1),
        json.path("largestInput").asLong(-1),
        number(json, "hintSeconds"),
        json.path("hintFactor").asDouble(1),
        json.path("hintFarOff").asBoolean(),
        Objective.of(json.path("objective").asText()).orElse(Objective.COST),
        deadline.isObject()
            ? Optional.of(
                new Deadline(
                    deadline.path("secondsLeft").doubleValue(),
                    deadline.path("probability").doubleValue()))
            : Optional.empty(),
        json.has("prices")
            ? Optional.of(
                new PriceList(
                    json.path("prices").path("region").asText(),
                    json.path("prices").path("compiled").asText()))
            : Optional.empty());
  }

  private static OptionalDouble number(JsonNode json, String name) {
    return json.has(name)
        ? OptionalDouble.of(json.path(name).doubleValue())
        : OptionalDouble.empty();
  }

  private static Optional<String> text(JsonNode json, String name) {
    return json.hasNonNull(name) ? Optional.of(json.path(name).asText()) : Optional.empty();
  }

  private static Route route(JsonNode word) {
    return Route.of(word.asText())
        .orElseThrow(() -> new IllegalArgumentException(word + " is not a route"));
  }
}
