package dev.spillway.lambda.invoke;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.lambda.function.LambdaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The members of a request's JSON object, each read as what it must be.
 *
 * <p>A member that is null counts as absent. Errors: 400 that names the member: one that is not
 * known, comes twice, or is of another type.
 */
final class Members {
  /** A zip file of 50 MB as base64. */
  private static final int TEXT_MAX = 72 << 20;

  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(TEXT_MAX).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final ObjectNode node;
  private final String path;

  private Members(ObjectNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /** Reads a body; an empty one is an object without members. */
  static Members of(byte[] body, Set<String> known) {
    if (body.length == 0) {
      return new Members(JsonNodeFactory.instance.objectNode(), "");
    }
    JsonNode read;
    try {
      read = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw notJson(e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("reading bytes in memory", e);
    }
    if (!(read instanceof ObjectNode object)) {
      throw notJson("it is no object");
    }
    return new Members(object, "").knownOnly(known);
  }

  private static LambdaException notJson(String why) {
    return new LambdaException(
        "InvalidRequestContentException", 400, "Could not parse request body into json: " + why);
  }

  private Members knownOnly(Set<String> known) {
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw invalid(
                    path
                        + name
                        + " is not a member that is known here; known are "
                        + String.join(", ", new java.util.TreeSet<>(known)));
              }
            });
    return this;
  }

  private Optional<JsonNode> member(String name) {
    return Optional.ofNullable(node.get(name)).filter(value -> !value.isNull());
  }

  boolean has(String name) {
    return member(name).isPresent();
  }

  boolean isEmptyList(String name) {
    return member(name).filter(value -> value.isArray() && value.isEmpty()).isPresent();
  }

  Optional<String> text(String name) {
    return member(name).map(value -> textOf(path + name, value));
  }

  private static String textOf(String name, JsonNode value) {
    if (!value.isTextual()) {
      throw invalid(name + " is " + shown(value) + "; it must be a string");
    }
    if (value.asText().indexOf(0) >= 0) {
      throw invalid(name + " has a NUL character in it");
    }
    return value.asText();
  }

  String needed(String name) {
    return text(name)
        .filter(text -> !text.isEmpty())
        .orElseThrow(() -> invalid(path + name + " is missing; it is required"));
  }

  /** A text that the expression matches whole. */
  Optional<String> matching(String name, String expression, String rule) {
    Optional<String> text = text(name);
    if (text.isPresent() && !text.get().matches(expression)) {
      throw invalid(path + name + " is \"" + brief(text.get()) + "\"; it must be " + rule);
    }
    return text;
  }

  OptionalInt whole(String name) {
    Optional<JsonNode> value = member(name);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (!value.get().isInt()) {
      throw invalid(path + name + " is " + shown(value.get()) + "; it must be a whole number");
    }
    return OptionalInt.of(value.get().asInt());
  }

  OptionalInt whole(String name, int least, int most) {
    OptionalInt value = whole(name);
    if (value.isPresent() && (value.getAsInt() < least || value.getAsInt() > most)) {
      throw invalid(
          path + name + " is " + value.getAsInt() + "; it must be " + least + " to " + most);
    }
    return value;
  }

  boolean flag(String name) {
    Optional<JsonNode> value = member(name);
    if (value.isPresent() && !value.get().isBoolean()) {
      throw invalid(path + name + " is " + shown(value.get()) + "; it must be true or false");
    }
    return value.map(JsonNode::asBoolean).orElse(false);
  }

  Optional<Members> object(String name, String... known) {
    return object(name).map(members -> members.knownOnly(Set.of(known)));
  }

  private Optional<Members> object(String name) {
    Optional<JsonNode> value = member(name);
    if (value.isPresent() && !value.get().isObject()) {
      throw invalid(path + name + " is " + shown(value.get()) + "; it must be an object");
    }
    return value.map(object -> new Members((ObjectNode) object, path + name + "."));
  }

  Optional<List<String>> texts(String name) {
    Optional<JsonNode> value = member(name);
    if (value.isPresent() && !value.get().isArray()) {
      throw invalid(path + name + " is " + shown(value.get()) + "; it must be a list of strings");
    }
    return value.map(
        list -> {
          List<String> texts = new ArrayList<>();
          list.forEach(item -> texts.add(textOf(path + name, item)));
          return List.copyOf(texts);
        });
  }

  Optional<Map<String, String>> textMap(String name) {
    return object(name)
        .map(
            members -> {
              Map<String, String> map = new LinkedHashMap<>();
              members
                  .node
                  .properties()
                  .forEach(
                      entry ->
                          map.put(
                              entry.getKey(),
                              textOf(members.path + entry.getKey(), entry.getValue())));
              return map;
            });
  }

  Optional<Map<String, Double>> shares(String name) {
    return object(name)
        .map(
            members -> {
              Map<String, Double> map = new LinkedHashMap<>();
              for (var entry : members.node.properties()) {
                JsonNode value = entry.getValue();
                if (!value.isNumber() || value.asDouble() < 0 || value.asDouble() > 1) {
                  throw invalid(
                      members.path
                          + entry.getKey()
                          + " is "
                          + shown(value)
                          + "; it must be a number from 0 to 1");
                }
                map.put(entry.getKey(), value.asDouble());
              }
              return map;
            });
  }

  /** The object itself, to be kept as it was given. */
  String json() {
    return node.toString();
  }

  private static String shown(JsonNode value) {
    return brief(value.toString());
  }

  private static String brief(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200) + "...";
  }

  static LambdaException invalid(String message) {
    return new LambdaException("InvalidParameterValueException", 400, message);
  }
}
