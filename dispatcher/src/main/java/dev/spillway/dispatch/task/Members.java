package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Reads the members of one JSON object and notes every fault instead of stopping at the first. */
final class Members {
  private static final int SHOWN = 120;

  private final ObjectNode object;
  private final String path;
  private final List<Fault> faults;

  Members(ObjectNode object, String path, List<Fault> faults) {
    this.object = object;
    this.path = path;
    this.faults = faults;
  }

  boolean has(String name) {
    return object.has(name) && !object.get(name).isNull();
  }

  JsonNode get(String name) {
    return object.get(name);
  }

  void fault(String name, String rule) {
    JsonNode value = object.get(name);
    String shown = value == null ? "" : shown(value);
    String field = path + name;
    faults.add(
        new Fault(field, shown, field + ": " + (value == null ? "" : quoted(value) + " ") + rule));
  }

  private static String quoted(JsonNode value) {
    return value.isValueNode()
        ? shown(value)
        : "this " + value.getNodeType().toString().toLowerCase(java.util.Locale.ROOT);
  }

  /** The value as given, shortened. */
  static String shown(JsonNode value) {
    String text = value.isValueNode() ? value.asText() : value.toString();
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
  }

  Optional<String> text(String name, Pattern pattern, String rule) {
    if (!has(name)) {
      return Optional.empty();
    }
    JsonNode value = get(name);
    if (value.isTextual() && pattern.matcher(value.textValue()).matches()) {
      return Optional.of(value.textValue());
    }
    fault(name, rule);
    return Optional.empty();
  }

  Optional<Integer> whole(String name, int least, int most, String rule) {
    if (!has(name)) {
      return Optional.empty();
    }
    JsonNode value = get(name);
    if (value.isIntegralNumber()
        && value.canConvertToInt()
        && value.intValue() >= least
        && value.intValue() <= most) {
      return Optional.of(value.intValue());
    }
    fault(name, rule);
    return Optional.empty();
  }

  Optional<Boolean> flag(String name) {
    if (!has(name)) {
      return Optional.empty();
    }
    if (get(name).isBoolean()) {
      return Optional.of(get(name).booleanValue());
    }
    fault(name, "is neither true nor false.");
    return Optional.empty();
  }

  Optional<Duration> duration(String name, Duration least, Duration most) {
    if (!has(name)) {
      return Optional.empty();
    }
    try {
      Duration value = Duration.parse(get(name).isTextual() ? get(name).textValue() : "");
      if (value.compareTo(least) >= 0 && value.compareTo(most) <= 0) {
        return Optional.of(value);
      }
      fault(name, "is out of range. Give " + least + " to " + most + ".");
    } catch (DateTimeParseException | ArithmeticException _) {
      fault(name, "is not a duration. Give it in ISO-8601, for example PT90S or PT15M.");
    }
    return Optional.empty();
  }

  OptionalLong size(String name) {
    if (!has(name)) {
      return OptionalLong.empty();
    }
    OptionalLong mib =
        get(name).isTextual() ? Sizes.mib(get(name).textValue()) : OptionalLong.empty();
    if (mib.isEmpty()) {
      String number = get(name).isNumber() ? get(name).asText() : "12";
      fault(name, "is not a size. Give a number and a unit, for example " + number + " GiB.");
    }
    return mib;
  }

  /** A list; the function reads one element or notes its fault and answers empty. */
  <T> List<T> list(String name, int most, Function<JsonNode, Optional<T>> element) {
    List<T> all = new ArrayList<>();
    if (!has(name)) {
      return all;
    }
    if (!get(name).isArray()) {
      fault(name, "is not a list.");
      return all;
    }
    if (get(name).size() > most) {
      fault(name, "has " + get(name).size() + " entries; the most is " + most + ".");
      return all;
    }
    get(name).forEach(node -> element.apply(node).ifPresent(all::add));
    return all;
  }
}
