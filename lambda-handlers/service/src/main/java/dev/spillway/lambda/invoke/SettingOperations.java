package dev.spillway.lambda.invoke;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.lambda.function.Destination;
import dev.spillway.lambda.function.EventInvokeConfig;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionRecord;
import dev.spillway.lambda.function.FunctionSettings;
import dev.spillway.lambda.invoke.LambdaWire.Answer;
import dev.spillway.lambda.invoke.LambdaWire.Request;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reserved concurrency, event invoke configurations and tags on the wire. Source: AWS Lambda API
 * 2017-10-31, 2019-09-25, 2019-09-30, 2017-03-31.
 */
final class SettingOperations {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PAGE_MAX = 50;
  private static final Set<String> EVENTS =
      Set.of("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig");

  private final FunctionCatalogue catalogue;

  SettingOperations(FunctionCatalogue catalogue) {
    this.catalogue = catalogue;
  }

  void serve(Routes routes) {
    String events = "/2019-09-25/functions/{}/event-invoke-config";
    routes
        .on("PUT", "/2017-10-31/functions/{}/concurrency", Set.of(), this::reserve)
        .on("GET", "/2019-09-30/functions/{}/concurrency", Set.of(), this::reserved)
        .on("DELETE", "/2017-10-31/functions/{}/concurrency", Set.of(), this::unreserve)
        .on("PUT", events, Set.of("Qualifier"), this::putEvents)
        .on("POST", events, Set.of("Qualifier"), this::updateEvents)
        .on("GET", events, Set.of("Qualifier"), this::getEvents)
        .on("DELETE", events, Set.of("Qualifier"), this::deleteEvents)
        .on("GET", events + "/list", Set.of("MaxItems", "Marker"), this::listEvents)
        .on("GET", "/2017-03-31/tags/{}", Set.of(), this::tags)
        .on("POST", "/2017-03-31/tags/{}", Set.of(), this::tag)
        .on("DELETE", "/2017-03-31/tags/{}", Set.of("tagKeys"), this::untag);
  }

  // ---- concurrency

  private Answer reserve(Request request) {
    Members members = Members.of(request.body(), Set.of("ReservedConcurrentExecutions"));
    OptionalInt reserved = members.whole("ReservedConcurrentExecutions", 0, Integer.MAX_VALUE);
    if (reserved.isEmpty()) {
      throw Members.invalid("ReservedConcurrentExecutions is missing; it is required");
    }
    catalogue.control().reserve(request.functionName(), reserved);
    return reserved(request);
  }

  private Answer reserved(Request request) {
    ObjectNode answer = JSON.createObjectNode();
    catalogue
        .function(request.functionName())
        .reservedConcurrency()
        .ifPresent(n -> answer.put("ReservedConcurrentExecutions", n));
    return LambdaWire.json(request, 200, answer);
  }

  private Answer unreserve(Request request) {
    catalogue.control().reserve(request.functionName(), OptionalInt.empty());
    return LambdaWire.empty(request.requestId(), 204);
  }

  // ---- events

  private Answer putEvents(Request request) {
    Members members = Members.of(request.body(), EVENTS);
    EventInvokeConfig config = events(request, members, EventInvokeConfig.DEFAULT);
    return events(
        request, catalogue.settings().changeEventInvoke(name(request), false, _ -> config));
  }

  private Answer updateEvents(Request request) {
    Members members = Members.of(request.body(), EVENTS);
    return events(
        request,
        catalogue
            .settings()
            .changeEventInvoke(name(request), true, before -> events(request, members, before)));
  }

  private Answer getEvents(Request request) {
    return events(request, catalogue.settings().eventInvoke(name(request)));
  }

  private Answer deleteEvents(Request request) {
    catalogue.settings().deleteEventInvoke(name(request));
    return LambdaWire.empty(request.requestId(), 204);
  }

  private static String name(Request request) {
    return request.functionName();
  }

  private Answer events(Request request, EventInvokeConfig config) {
    FunctionRecord function = catalogue.function(name(request));
    String arn = function.latest().arn() + ":" + FunctionSettings.qualifier(name(request));
    return LambdaWire.json(request, 200, FunctionJson.eventInvoke(arn, config));
  }

  private EventInvokeConfig events(Request request, Members members, EventInvokeConfig before) {
    Optional<Members> destinations = members.object("DestinationConfig", "OnSuccess", "OnFailure");
    OptionalInt retries = members.whole("MaximumRetryAttempts", 0, EventInvokeConfig.RETRIES_MAX);
    OptionalInt age =
        members.whole(
            "MaximumEventAgeInSeconds",
            EventInvokeConfig.AGE_SECONDS_MIN,
            EventInvokeConfig.AGE_SECONDS_MAX);
    return new EventInvokeConfig(
        retries.isPresent() ? retries : before.maximumRetryAttempts(),
        age.isPresent() ? age : before.maximumEventAgeInSeconds(),
        destination(request, destinations, "OnSuccess", before.onSuccess()),
        destination(request, destinations, "OnFailure", before.onFailure()),
        before.lastModified());
  }

  private Optional<String> destination(
      Request request, Optional<Members> destinations, String end, Optional<String> before) {
    Optional<Members> one = destinations.flatMap(both -> both.object(end, "Destination"));
    if (one.isEmpty()) {
      return before;
    }
    Optional<String> target = one.get().text("Destination").filter(text -> !text.isEmpty());
    String member = "DestinationConfig." + end + ".Destination";
    target.ifPresent(
        text -> {
          String own = catalogue.function(name(request)).latest().arn();
          if (Destination.parse(member, text) instanceof Destination.ToFunction(String arn)
              && (arn + ":").startsWith(own + ":")) {
            throw Members.invalid(
                member + " is the function itself, which would call itself for ever; use another");
          }
        });
    return target;
  }

  private Answer listEvents(Request request) {
    FunctionRecord function = catalogue.function(name(request));
    return LambdaWire.json(
        request,
        200,
        Pages.page(
            request,
            PAGE_MAX,
            "FunctionEventInvokeConfigs",
            List.copyOf(function.eventInvoke().entrySet()),
            Map.Entry::getKey,
            entry ->
                FunctionJson.eventInvoke(
                    function.latest().arn() + ":" + entry.getKey(), entry.getValue())));
  }

  // ---- tags

  private Answer tags(Request request) {
    ObjectNode answer = JSON.createObjectNode();
    ObjectNode tags = answer.putObject("Tags");
    catalogue.function(request.first()).tags().forEach(tags::put);
    return LambdaWire.json(request, 200, answer);
  }

  private Answer tag(Request request) {
    Members members = Members.of(request.body(), Set.of("Tags"));
    Map<String, String> tags =
        members
            .textMap("Tags")
            .orElseThrow(() -> Members.invalid("Tags is missing; it is required"));
    catalogue.settings().tag(request.first(), tags);
    return LambdaWire.empty(request.requestId(), 204);
  }

  private Answer untag(Request request) {
    List<String> keys = request.query().getOrDefault("tagKeys", List.of());
    if (keys.isEmpty()) {
      throw Members.invalid("tagKeys is missing; name the tags to remove");
    }
    catalogue.settings().untag(request.first(), keys);
    return LambdaWire.empty(request.requestId(), 204);
  }
}
