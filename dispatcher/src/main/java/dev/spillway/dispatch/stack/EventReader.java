package dev.spillway.dispatch.stack;

import dev.spillway.lambda.function.Destination;
import dev.spillway.lambda.function.EventInvokeConfig;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a function's template says of its events: {@code EventInvokeConfig} and {@code
 * DeadLetterQueue}.
 *
 * <p>A destination that only AWS has (SQS, SNS, EventBridge, S3, or one that SAM would make) is
 * listed as kept: the same template must go there. Source: AWS SAM, AWS::Serverless::Function.
 */
final class EventReader {
  private static final Set<String> CONFIG =
      Set.of("MaximumEventAgeInSeconds", "MaximumRetryAttempts", "DestinationConfig");
  private static final List<String> ENDS = List.of("OnSuccess", "OnFailure");

  private final String id;
  private final Faults faults;
  private final List<String> kept;

  EventReader(String id, Faults faults, List<String> kept) {
    this.id = id;
    this.faults = faults;
    this.kept = kept;
  }

  /** Empty when the template says nothing. */
  Optional<EventInvokeConfig> config(Object property) {
    if (property == null) {
      return Optional.empty();
    }
    Map<String, Object> config = Template.asMap(property);
    config.keySet().stream()
        .filter(name -> !CONFIG.contains(name))
        .forEach(
            name ->
                faults.add(
                    id
                        + ".EventInvokeConfig."
                        + name
                        + " is not a property; known are "
                        + String.join(", ", new java.util.TreeSet<>(CONFIG))));
    Map<String, Object> destinations = Template.asMap(config.get("DestinationConfig"));
    return Optional.of(
        new EventInvokeConfig(
            whole(config, "MaximumRetryAttempts", 0, EventInvokeConfig.RETRIES_MAX),
            whole(
                config,
                "MaximumEventAgeInSeconds",
                EventInvokeConfig.AGE_SECONDS_MIN,
                EventInvokeConfig.AGE_SECONDS_MAX),
            destination(destinations, ENDS.getFirst()),
            destination(destinations, ENDS.getLast()),
            Instant.EPOCH));
  }

  /** Empty when there is none, or none that is delivered to here. */
  Optional<String> deadLetter(Object property) {
    return property == null
        ? Optional.empty()
        : target("DeadLetterQueue", Template.asMap(property).get("TargetArn"));
  }

  private Optional<String> destination(Map<String, Object> destinations, String end) {
    return destinations.containsKey(end)
        ? target(
            "EventInvokeConfig.DestinationConfig." + end,
            Template.asMap(destinations.get(end)).get("Destination"))
        : Optional.empty();
  }

  private Optional<String> target(String property, Object value) {
    Optional<String> target =
        Optional.ofNullable(value)
            .map(String::valueOf)
            .filter(text -> Destination.read(text).isPresent());
    if (target.isEmpty()) {
      kept.add(id + ": " + property + " (nobody here delivers to " + value + ")");
    }
    return target;
  }

  private OptionalInt whole(Map<String, Object> config, String name, int least, int most) {
    Object value = config.get(name);
    if (value == null) {
      return OptionalInt.empty();
    }
    String text = String.valueOf(value);
    if (text.matches("[0-9]{1,6}")
        && Integer.parseInt(text) >= least
        && Integer.parseInt(text) <= most) {
      return OptionalInt.of(Integer.parseInt(text));
    }
    faults.add(
        id,
        "EventInvokeConfig." + name,
        value,
        "it must be a whole number, " + least + " to " + most);
    return OptionalInt.empty();
  }
}
