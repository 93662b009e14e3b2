package dev.spillway.batch.logs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The members of a request; each that is not right is refused by name. */
record LogsRequest(ObjectNode json) {

  /** An unknown member is refused: nothing is dropped silently. */
  void knows(String... members) {
    List<String> known = Arrays.asList(members);
    json.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw LogsException.invalid(
                    "%s is no member of this request; it has %s.".formatted(name, known));
              }
            });
  }

  Optional<String> text(String member) {
    JsonNode value = json.get(member);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw LogsException.invalid("%s is %s; it should be a text.".formatted(member, value));
    }
    return Optional.of(value.textValue());
  }

  String required(String member) {
    return text(member)
        .orElseThrow(() -> LogsException.invalid("%s is required.".formatted(member)));
  }

  String oneOf(String member, String value, String... valid) {
    if (!Arrays.asList(valid).contains(value)) {
      throw LogsException.invalid(
          "%s is %s; valid are %s.".formatted(member, value, Arrays.asList(valid)));
    }
    return value;
  }

  boolean yes(String member) {
    JsonNode value = json.get(member);
    if (value != null && !value.isNull() && !value.isBoolean()) {
      throw LogsException.invalid("%s is %s; it should be true or false.".formatted(member, value));
    }
    return value != null && value.asBoolean(false);
  }

  int whole(String member, int least, int most, int otherwise) {
    JsonNode value = json.get(member);
    if (value == null || value.isNull()) {
      return otherwise;
    }
    if (!value.isIntegralNumber() || value.asLong() < least || value.asLong() > most) {
      throw LogsException.invalid(
          "%s is %s; it should be a number from %d to %d.".formatted(member, value, least, most));
    }
    return value.asInt();
  }

  Optional<Long> time(String member) {
    JsonNode value = json.get(member);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isIntegralNumber() || value.asLong() < 0) {
      throw LogsException.invalid(
          "%s is %s; it should be milliseconds since 1970.".formatted(member, value));
    }
    return Optional.of(value.asLong());
  }

  List<String> texts(String member, int most) {
    List<String> texts = new ArrayList<>();
    JsonNode list = json.path(member);
    for (JsonNode text : list) {
      texts.add(text.asText());
    }
    if (texts.size() > most || !list.isMissingNode() && !list.isNull() && !list.isArray()) {
      throw LogsException.invalid(
          "%s should be a list of at most %d texts.".formatted(member, most));
    }
    return texts;
  }

  /** The number in a token of that kind; empty when there is none, or one of another kind. */
  Optional<Long> token(String member, String kind) {
    Optional<String> token = text(member);
    if (token.isEmpty()) {
      return Optional.empty();
    }
    String prefix = kind + "/";
    if (!token.get().matches("[a-z]+/\\d{1,56}")) {
      throw LogsException.invalid("The specified nextToken is invalid.");
    }
    return token
        .filter(t -> t.startsWith(prefix))
        .map(t -> new java.math.BigInteger(t.substring(prefix.length())).longValue());
  }

  /** What {@link #token(String, String)} reads. */
  static String token(String kind, long number) {
    return "%s/%056d".formatted(kind, number);
  }
}
