package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.PrefixedRefusal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks requests against {@code shapes.txt}: that every member is one of the API, of its type,
 * within its bounds, and there when it must be. What the members mean to each other is said in the
 * classes beside this one.
 */
public final class Shapes {
  private static final Pattern MEMBER = Pattern.compile("(\\w+)(\\*?) (.+)");
  private static final Pattern BOUNDED = Pattern.compile("(str|int|long)\\((\\d+)\\.\\.(\\d+)\\)");
  private static final Map<String, Map<String, Member>> STRUCTURES = parse(text());

  private Shapes() {}

  /** A member of a structure. */
  record Member(boolean required, Type type) {}

  /** What a value should be. */
  sealed interface Type {
    record Text(int least, int most) implements Type {}

    record Whole(long least, long most) implements Type {}

    record Bool() implements Type {}

    record OneOf(List<String> words) implements Type {}

    record ListOf(Type item) implements Type {}

    record TextMap() implements Type {}

    record Structure(String name) implements Type {}
  }

  /** The members of a structure, by name. */
  static Map<String, Member> members(String structure) {
    return STRUCTURES.get(structure);
  }

  /**
   * A checked copy of {@code request}, without its members that are null.
   *
   * @param structure a name in {@code shapes.txt}
   */
  public static Members read(String structure, ObjectNode request) {
    return Members.unchecked((ObjectNode) checked(new Type.Structure(structure), request, ""));
  }

  private static JsonNode checked(Type type, JsonNode value, String path) {
    return switch (type) {
      case Type.Text(int least, int most) -> {
        demand(value.isTextual(), path, "a string");
        int length = value.textValue().length();
        if (length < least || length > most) {
          throw PrefixedRefusal.of(
              "%s has %d characters; it should have %d to %d."
                  .formatted(path, length, least, most));
        }
        yield value;
      }
      case Type.Whole(long least, long most) -> {
        demand(value.isIntegralNumber() && value.canConvertToLong(), path, "a whole number");
        if (value.longValue() < least || value.longValue() > most) {
          throw PrefixedRefusal.of(
              "%s is %d; it should be between %d and %d."
                  .formatted(path, value.longValue(), least, most));
        }
        yield value;
      }
      case Type.Bool _ -> {
        demand(value.isBoolean(), path, "true or false");
        yield value;
      }
      case Type.OneOf(List<String> words) -> {
        demand(value.isTextual(), path, "a string");
        if (!words.contains(value.textValue())) {
          throw PrefixedRefusal.of(
              "%s is %s; valid are %s.".formatted(path, value.textValue(), words));
        }
        yield value;
      }
      case Type.ListOf(Type item) -> {
        demand(value.isArray(), path, "a list");
        ArrayNode copy = Json.object().arrayNode();
        for (JsonNode element : value) {
          copy.add(checked(item, element, path + "[" + copy.size() + "]"));
        }
        yield copy;
      }
      case Type.TextMap _ -> {
        demand(value.isObject(), path, "an object");
        value
            .properties()
            .forEach(e -> demand(e.getValue().isTextual(), path + "." + e.getKey(), "a string"));
        yield value.deepCopy();
      }
      case Type.Structure(String name) -> {
        demand(value.isObject(), path, "an object");
        yield structure(members(name), (ObjectNode) value, path);
      }
    };
  }

  private static ObjectNode structure(Map<String, Member> known, ObjectNode given, String path) {
    ObjectNode copy = Json.object();
    for (Map.Entry<String, JsonNode> entry : given.properties()) {
      String name = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
      if (entry.getValue().isNull()) {
        continue;
      }
      Member member = known.get(entry.getKey());
      if (member == null) {
        throw Members.unknown(name, known.keySet());
      }
      copy.set(entry.getKey(), checked(member.type(), entry.getValue(), name));
    }
    known.forEach(
        (name, member) -> {
          JsonNode value = copy.get(name);
          if (member.required()
              && (value == null || (value.isTextual() && value.textValue().isEmpty()))) {
            throw PrefixedRefusal.of((path.isEmpty() ? name : path + "." + name) + " is required.");
          }
        });
    return copy;
  }

  private static void demand(boolean given, String path, String wanted) {
    if (!given) {
      throw PrefixedRefusal.of(path + " should be " + wanted + ".");
    }
  }

  static String text() {
    try (InputStream file = Shapes.class.getResourceAsStream("shapes.txt")) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("shapes.txt cannot be read", e);
    }
  }

  static Map<String, Map<String, Member>> parse(String text) {
    Map<String, Map<String, Member>> structures = new LinkedHashMap<>();
    String oneLineEach = text.replaceAll("(?m)^#.*$", "").replaceAll("\\n[ ]+", " ");
    for (String line : oneLineEach.lines().filter(l -> !l.isBlank()).toList()) {
      int colon = line.indexOf(':');
      Map<String, Member> members = new LinkedHashMap<>();
      for (String part : line.substring(colon + 1).split(",")) {
        Matcher member = MEMBER.matcher(part.strip());
        if (!member.matches()) {
          throw new IllegalStateException("shapes.txt: not a member: " + part);
        }
        members.put(member.group(1), new Member(!member.group(2).isEmpty(), type(member.group(3))));
      }
      structures.put(line.substring(0, colon), members);
    }
    return structures;
  }

  private static Type type(String text) {
    Matcher bounded = BOUNDED.matcher(text);
    if (bounded.matches()) {
      int least = Integer.parseInt(bounded.group(2));
      int most = Integer.parseInt(bounded.group(3));
      return bounded.group(1).equals("str")
          ? new Type.Text(least, most)
          : new Type.Whole(least, most);
    }
    if (text.startsWith("[")) {
      return new Type.ListOf(type(text.substring(1, text.length() - 1)));
    }
    if (text.startsWith("enum(")) {
      return new Type.OneOf(List.of(text.substring(5, text.length() - 1).split(" ")));
    }
    return switch (text) {
      case "str" -> new Type.Text(0, Integer.MAX_VALUE);
      case "int" -> new Type.Whole(Integer.MIN_VALUE, Integer.MAX_VALUE);
      case "long" -> new Type.Whole(Long.MIN_VALUE, Long.MAX_VALUE);
      case "bool" -> new Type.Bool();
      case "map" -> new Type.TextMap();
      default -> new Type.Structure(text);
    };
  }
}
