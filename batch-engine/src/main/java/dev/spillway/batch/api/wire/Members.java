package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.PrefixedRefusal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the members of one JSON object of a request. {@code null} counts as absent; a value of the
 * wrong type, or a member that the API does not have, is refused by name.
 */
public final class Members {
  private static final String NAME = "[a-zA-Z0-9_-]{1,128}";

  private final ObjectNode node;
  private final String path;

  private Members(ObjectNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /** The request itself; members not named are refused, so that none is silently lost. */
  public static Members of(ObjectNode request, String... known) {
    return new Members(request, "").only(known);
  }

  /** An object that was checked already. */
  static Members unchecked(ObjectNode request) {
    return new Members(request, "");
  }

  private Members only(String... known) {
    Set<String> names = Set.of(known);
    for (Iterator<String> i = node.fieldNames(); i.hasNext(); ) {
      String name = i.next();
      if (!names.contains(name) && !node.get(name).isNull()) {
        throw unknown(path(name), names);
      }
    }
    return this;
  }

  static PrefixedRefusal unknown(String path, Set<String> known) {
    return PrefixedRefusal.of(
        path
            + " is not a member of this request; known are "
            + String.join(", ", known.stream().sorted().toList())
            + ".");
  }

  /** The object as it came. */
  public ObjectNode json() {
    return node;
  }

  public boolean has(String name) {
    return node.hasNonNull(name);
  }

  /** Present, and neither an empty list, an empty object nor an empty text. */
  public boolean says(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return false;
    }
    return value.isContainerNode() ? !value.isEmpty() : !value.asText().isEmpty();
  }

  public Optional<String> text(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw wrong(name, "a string");
    }
    return Optional.of(value.textValue());
  }

  public String requiredText(String name) {
    return text(name)
        .filter(value -> !value.isEmpty())
        .orElseThrow(() -> PrefixedRefusal.of(path(name) + " is required."));
  }

  public Optional<Integer> integer(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrong(name, "a whole number");
    }
    return Optional.of(value.intValue());
  }

  /** A whole number that need not fit into an int. */
  public Optional<Long> whole(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrong(name, "a whole number");
    }
    return Optional.of(value.longValue());
  }

  public Optional<Boolean> bool(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isBoolean()) {
      throw wrong(name, "true or false");
    }
    return Optional.of(value.booleanValue());
  }

  /** One of the constants of an enumeration. */
  public <E extends Enum<E>> Optional<E> oneOf(String name, Class<E> values) {
    return text(name)
        .map(
            value -> {
              for (E constant : values.getEnumConstants()) {
                if (constant.name().equals(value)) {
                  return constant;
                }
              }
              throw PrefixedRefusal.of(
                  "%s is %s; valid are %s."
                      .formatted(path(name), value, List.of(values.getEnumConstants())));
            });
  }

  /** One of some texts. */
  public Optional<String> oneOf(String name, List<String> values) {
    return text(name)
        .map(
            value -> {
              if (!values.contains(value)) {
                throw PrefixedRefusal.of(
                    "%s is %s; valid are %s.".formatted(path(name), value, values));
              }
              return value;
            });
  }

  public Optional<Members> object(String name, String... known) {
    return anyObject(name).map(members -> members.only(known));
  }

  /** An object of which any member is kept. */
  public Optional<Members> anyObject(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!(value instanceof ObjectNode object)) {
      throw wrong(name, "an object");
    }
    return Optional.of(new Members(object, path(name)));
  }

  public List<Members> objects(String name, String... known) {
    return anyObjects(name).stream().map(object -> object.only(known)).toList();
  }

  /** Objects of which any member is kept. */
  public List<Members> anyObjects(String name) {
    List<Members> found = new ArrayList<>();
    for (JsonNode value : array(name)) {
      if (!(value instanceof ObjectNode object)) {
        throw wrong(name, "a list of objects");
      }
      found.add(new Members(object, path(name) + "[" + found.size() + "]"));
    }
    return found;
  }

  public List<String> texts(String name) {
    List<String> found = new ArrayList<>();
    for (JsonNode value : array(name)) {
      if (!value.isTextual()) {
        throw wrong(name, "a list of strings");
      }
      found.add(value.textValue());
    }
    return found;
  }

  private ArrayNode array(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return JsonNodeFactory.instance.arrayNode();
    }
    if (!(value instanceof ArrayNode array)) {
      throw wrong(name, "a list");
    }
    return array;
  }

  /** A map of strings, as an object; empty when absent. */
  public ObjectNode map(String name) {
    ObjectNode map = JsonNodeFactory.instance.objectNode();
    anyObject(name)
        .ifPresent(
            members -> {
              for (Map.Entry<String, JsonNode> entry : members.node.properties()) {
                if (!entry.getValue().isTextual()) {
                  throw members.wrong(entry.getKey(), "a string");
                }
                map.set(entry.getKey(), entry.getValue());
              }
            });
    return map;
  }

  /** Source: API, Tags: at most 50, key 1 to 128, value up to 256, no {@code aws:} prefix. */
  public ObjectNode tags() {
    ObjectNode tags = map("tags");
    if (tags.size() > 50) {
      throw PrefixedRefusal.of("tags has %d entries; the maximum is 50.".formatted(tags.size()));
    }
    for (Map.Entry<String, JsonNode> tag : tags.properties()) {
      if (tag.getKey().isEmpty() || tag.getKey().length() > 128) {
        throw PrefixedRefusal.of(
            "Tag key '%s' should have 1 to 128 characters.".formatted(tag.getKey()));
      }
      if (tag.getValue().textValue().length() > 256) {
        throw PrefixedRefusal.of(
            "The value of tag %s is longer than 256 characters.".formatted(tag.getKey()));
      }
      if (tag.getKey().startsWith("aws:")) {
        throw PrefixedRefusal.of(
            "Tag key %s begins with aws:, which is reserved.".formatted(tag.getKey()));
      }
    }
    return tags;
  }

  /** A name of a resource; {@code message} is what AWS says of a bad one. */
  public String name(String member, String message) {
    String name = requiredText(member);
    if (!name.matches(NAME)) {
      throw PrefixedRefusal.of(message);
    }
    return name;
  }

  /** Where this member is in the request. */
  public String path(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private PrefixedRefusal wrong(String name, String wanted) {
    return PrefixedRefusal.of(path(name) + " should be " + wanted + ".");
  }
}
