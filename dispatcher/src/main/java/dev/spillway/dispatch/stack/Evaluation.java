package dev.spillway.dispatch.stack;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Evaluates CloudFormation's functions.
 *
 * <p>Shape: {@link #value} turns a tree with functions into one without; what cannot be resolved
 * throws {@link Unresolved} with the reason. <br>
 * Source: AWS CloudFormation user guide, intrinsic function reference.
 */
final class Evaluation {

  /** What a reference to a resource gives. */
  interface References {
    /** Empty when the template has no such resource. */
    Optional<String> ref(String logicalId);

    /** Empty when the template has no such resource. */
    Optional<String> attribute(String logicalId, String attribute);
  }

  /** A value that cannot be worked out; the message is the reason, without the place. */
  static final class Unresolved extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unresolved(String message) {
      super(message);
    }
  }

  /** {@code AWS::NoValue}: the property goes away. */
  static final Object NO_VALUE = new Object();

  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(!?)([^}]*)}");

  private final Map<String, Object> parameters;
  private final Map<?, ?> mappings;
  private final Map<?, ?> conditions;
  private final References references;
  private final Set<String> conditionsUnderWay = new HashSet<>();

  Evaluation(
      Map<String, Object> parameters,
      Map<?, ?> mappings,
      Map<?, ?> conditions,
      References references) {
    this.parameters = parameters;
    this.mappings = mappings;
    this.conditions = conditions;
    this.references = references;
  }

  /** A tree without functions. */
  Object value(Object node) {
    return switch (node) {
      case Map<?, ?> map when map.size() == 1 && function(map).isPresent() -> call(map);
      case Map<?, ?> map -> {
        Map<String, Object> resolved = new LinkedHashMap<>();
        map.forEach(
            (key, item) -> {
              Object found = value(item);
              if (found != NO_VALUE) {
                resolved.put(String.valueOf(key), found);
              }
            });
        yield resolved;
      }
      case List<?> list -> {
        List<Object> resolved = new ArrayList<>();
        list.stream().map(this::value).filter(item -> item != NO_VALUE).forEach(resolved::add);
        yield resolved;
      }
      case null, default -> node;
    };
  }

  /** Whether a named condition holds. */
  boolean condition(String name) {
    if (!conditions.containsKey(name)) {
      throw new Unresolved("condition \"" + name + "\" is not declared in Conditions");
    }
    if (!conditionsUnderWay.add(name)) {
      throw new Unresolved("condition \"" + name + "\" refers to itself");
    }
    try {
      return truth(value(conditions.get(name)));
    } finally {
      conditionsUnderWay.remove(name);
    }
  }

  private static Optional<String> function(Map<?, ?> map) {
    String key = String.valueOf(map.keySet().iterator().next());
    boolean condition = key.equals("Condition") && map.get(key) instanceof String;
    return key.equals("Ref") || key.startsWith("Fn::") || condition
        ? Optional.of(key)
        : Optional.empty();
  }

  private Object call(Map<?, ?> map) {
    String name = function(map).orElseThrow();
    Object argument = map.get(name);
    return switch (name) {
      case "Ref" -> ref(text(name, argument));
      case "Condition" -> condition(text(name, argument));
      case "Fn::GetAtt" -> attribute(argument);
      case "Fn::Sub" -> substitute(argument);
      case "Fn::Join" -> {
        List<?> arguments = list(name, argument, 2);
        List<?> parts = list(name, value(arguments.get(1)), -1);
        yield String.join(
            text(name, value(arguments.get(0))), parts.stream().map(String::valueOf).toList());
      }
      case "Fn::Split" -> {
        List<?> arguments = list(name, argument, 2);
        String text = text(name, value(arguments.get(1)));
        yield List.of(text.split(Pattern.quote(text(name, value(arguments.get(0)))), -1));
      }
      case "Fn::Select" -> select(list(name, argument, 2));
      case "Fn::If" -> {
        List<?> arguments = list(name, argument, 3);
        yield value(arguments.get(condition(text(name, arguments.get(0))) ? 1 : 2));
      }
      case "Fn::Equals" -> {
        List<?> arguments = list(name, argument, 2);
        yield String.valueOf(value(arguments.get(0)))
            .equals(String.valueOf(value(arguments.get(1))));
      }
      case "Fn::Not" -> !truth(value(list(name, argument, 1).get(0)));
      case "Fn::And" -> list(name, argument, -1).stream().allMatch(item -> truth(value(item)));
      case "Fn::Or" -> list(name, argument, -1).stream().anyMatch(item -> truth(value(item)));
      case "Fn::FindInMap" -> find(list(name, argument, 3));
      case "Fn::Base64" ->
          java.util.Base64.getEncoder()
              .encodeToString(
                  text(name, value(argument)).getBytes(java.nio.charset.StandardCharsets.UTF_8));
      case "Fn::GetAZs" -> {
        String region = String.valueOf(parameters.get("AWS::Region"));
        yield List.of(region + "a", region + "b");
      }
      default ->
          throw new Unresolved(
              name
                  + " is not supported here. Supported: Ref, GetAtt, Sub, Join, Split, Select, If,"
                  + " Equals, Not, And, Or, FindInMap, Base64, GetAZs");
    };
  }

  private Object ref(String name) {
    if (name.equals("AWS::NoValue")) {
      return NO_VALUE;
    }
    if (parameters.containsKey(name)) {
      return parameters.get(name);
    }
    return references
        .ref(name)
        .orElseThrow(
            () -> new Unresolved("\"" + name + "\" is neither a parameter nor a resource"));
  }

  private Object attribute(Object argument) {
    List<?> pair = list("Fn::GetAtt", argument, 2);
    return attribute(String.valueOf(pair.get(0)), String.valueOf(value(pair.get(1))));
  }

  private String attribute(String logicalId, String attribute) {
    return references
        .attribute(logicalId, attribute)
        .orElseThrow(() -> new Unresolved("\"" + logicalId + "\" is not a resource"));
  }

  private String substitute(Object argument) {
    Map<?, ?> variables = Map.of();
    String text;
    if (argument instanceof List<?> pair) {
      list("Fn::Sub", pair, 2);
      text = text("Fn::Sub", pair.get(0));
      if (!(pair.get(1) instanceof Map<?, ?> given)) {
        throw new Unresolved("Fn::Sub needs a map of variables as its second argument");
      }
      variables = given;
    } else {
      text = text("Fn::Sub", argument);
    }
    Matcher matcher = VARIABLE.matcher(text);
    StringBuilder result = new StringBuilder();
    while (matcher.find()) {
      matcher.appendReplacement(
          result,
          Matcher.quoteReplacement(
              matcher.group(1).isEmpty()
                  ? variable(matcher.group(2).strip(), variables)
                  : "${" + matcher.group(2) + "}"));
    }
    return matcher.appendTail(result).toString();
  }

  private String variable(String name, Map<?, ?> variables) {
    if (variables.containsKey(name)) {
      return String.valueOf(value(variables.get(name)));
    }
    int dot = name.indexOf('.');
    return dot > 0 ? attribute(name.substring(0, dot), name.substring(dot + 1)) : joined(ref(name));
  }

  private static String joined(Object value) {
    return value instanceof List<?> list
        ? String.join(",", list.stream().map(String::valueOf).toList())
        : String.valueOf(value);
  }

  private Object select(List<?> arguments) {
    List<?> items = list("Fn::Select", value(arguments.get(1)), -1);
    String index = String.valueOf(value(arguments.get(0)));
    if (!index.matches("[0-9]{1,6}") || Integer.parseInt(index) >= items.size()) {
      throw new Unresolved(
          "Fn::Select has index " + index + ", the list has " + items.size() + " items");
    }
    return items.get(Integer.parseInt(index));
  }

  private Object find(List<?> keys) {
    Object found = mappings;
    for (Object key : keys) {
      Object name = value(key);
      if (!(found instanceof Map<?, ?> map) || !map.containsKey(name)) {
        throw new Unresolved("Fn::FindInMap finds no \"" + name + "\" in Mappings");
      }
      found = map.get(name);
    }
    return found;
  }

  private static boolean truth(Object value) {
    return value instanceof Boolean flag ? flag : "true".equals(String.valueOf(value));
  }

  private static String text(String function, Object value) {
    if (value == null || value instanceof Map || value instanceof List) {
      throw new Unresolved(function + " needs a text, not " + value);
    }
    return String.valueOf(value);
  }

  private static List<?> list(String function, Object value, int size) {
    if (!(value instanceof List<?> list) || (size >= 0 && list.size() != size)) {
      throw new Unresolved(
          function + " needs a list" + (size >= 0 ? " of " + size : "") + ", not " + value);
    }
    return list;
  }
}
