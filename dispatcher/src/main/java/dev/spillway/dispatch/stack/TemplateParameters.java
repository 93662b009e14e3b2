package dev.spillway.dispatch.stack;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The section {@code Parameters}: defaults, overrides, and the rules that a value must keep. */
final class TemplateParameters {
  private final Map<?, ?> declared;
  private final List<String> faults;

  TemplateParameters(Map<?, ?> root, List<String> faults) {
    this.declared = root.get("Parameters") instanceof Map<?, ?> map ? map : Map.of();
    this.faults = faults;
  }

  Map<String, Object> values(Map<String, String> overrides) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (String name : new TreeSet<>(overrides.keySet())) {
      if (!declared.containsKey(name)) {
        faults.add(
            "parameter \"%s\" is not declared; declared are %s".formatted(name, declared.keySet()));
      }
    }
    declared.forEach(
        (id, body) -> {
          String name = String.valueOf(id);
          Map<String, Object> rules = Template.asMap(body);
          Object value = overrides.containsKey(name) ? overrides.get(name) : rules.get("Default");
          if (value == null) {
            faults.add("parameter \"" + name + "\" has no default and no value was given");
          } else {
            check(name, String.valueOf(value), rules);
            values.put(name, typed(String.valueOf(rules.get("Type")), value));
          }
        });
    return values;
  }

  private void check(String name, String value, Map<String, Object> rules) {
    if (rules.get("AllowedValues") instanceof List<?> allowed
        && allowed.stream().map(String::valueOf).noneMatch(value::equals)) {
      faults.add("parameter \"%s\" is \"%s\"; allowed are %s".formatted(name, value, allowed));
    }
    if (rules.get("AllowedPattern") instanceof String pattern && !value.matches(pattern)) {
      faults.add("parameter \"%s\" is \"%s\"; it must match %s".formatted(name, value, pattern));
    }
    if ("Number".equals(rules.get("Type")) && !value.matches("-?[0-9]+(\\.[0-9]+)?")) {
      faults.add("parameter \"%s\" is \"%s\"; it must be a number".formatted(name, value));
    }
  }

  /** CloudFormation keeps numbers as text; lists are comma-separated. */
  private static Object typed(String type, Object value) {
    boolean list = type.startsWith("List<") || type.equals("CommaDelimitedList");
    return list ? List.of(String.valueOf(value).split(" *, *")) : String.valueOf(value);
  }
}
