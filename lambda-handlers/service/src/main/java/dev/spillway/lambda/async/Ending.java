package dev.spillway.lambda.async;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.lambda.function.FunctionService.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What came of an event, and who has still to be told.
 *
 * @param condition {@code Success}, {@code RetriesExhausted}, {@code EventAgeExceeded} or {@code
 *     ZeroReservedConcurrency}
 * @param response of the last attempt, when the function answered it
 */
public record Ending(
    String condition,
    Instant at,
    String functionArn,
    int invokeCount,
    Optional<Response> response,
    List<Target> targets) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  public static final String SUCCESS = "Success";

  /** What the function answered; {@code payload} is JSON, or a string of what is none. */
  public record Response(String executedVersion, Optional<String> functionError, JsonNode payload) {
    static Response of(Result result) {
      JsonNode payload;
      try {
        payload = JSON.readTree(result.payload());
      } catch (IOException notJson) {
        payload =
            JSON.getNodeFactory().textNode(new String(result.payload(), StandardCharsets.UTF_8));
      }
      return new Response(result.executedVersion(), result.functionError(), payload);
    }
  }

  /** Which end this destination is of. */
  public enum Kind {
    ON_SUCCESS,
    ON_FAILURE,
    DEAD_LETTER
  }

  /** Someone to be told; {@code destination} as {@code Destination} reads it. */
  public record Target(Kind kind, String destination) {}

  boolean success() {
    return condition.equals(SUCCESS);
  }

  Ending without(Target told) {
    return new Ending(
        condition,
        at,
        functionArn,
        invokeCount,
        response,
        targets.stream().filter(target -> !target.equals(told)).toList());
  }

  /** The invocation record. Source: AWS Lambda Developer Guide, asynchronous invocation. */
  byte[] record(QueuedEvent event) {
    ObjectNode node = JSON.createObjectNode();
    node.put("version", "1.0").put("timestamp", TIME.format(at));
    node.putObject("requestContext")
        .put("requestId", event.requestId())
        .put("functionArn", functionArn)
        .put("condition", condition)
        .put("approximateInvokeCount", invokeCount);
    node.set("requestPayload", read(event.payload()));
    response.ifPresent(
        answer -> {
          ObjectNode context = node.putObject("responseContext");
          context.put("statusCode", 200).put("executedVersion", answer.executedVersion());
          answer.functionError().ifPresent(error -> context.put("functionError", error));
          node.set("responsePayload", answer.payload());
        });
    return bytes(node);
  }

  private static JsonNode read(byte[] json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException("an event is JSON: it was checked when it came", e);
    }
  }

  /** The function's own answer; empty when there was none. */
  Optional<byte[]> responsePayload() {
    return response.map(answer -> bytes(answer.payload()));
  }

  private static byte[] bytes(JsonNode node) {
    return node.toString().getBytes(StandardCharsets.UTF_8);
  }

  // ---- as it is stored

  /** As JSON, for the store. */
  public String write() {
    ObjectNode node = JSON.createObjectNode();
    node.put("condition", condition)
        .put("at", at.toEpochMilli())
        .put("arn", functionArn)
        .put("count", invokeCount);
    response.ifPresent(
        answer -> {
          ObjectNode kept = node.putObject("response").put("version", answer.executedVersion());
          answer.functionError().ifPresent(error -> kept.put("error", error));
          kept.set("payload", answer.payload());
        });
    ArrayNode list = node.putArray("targets");
    targets.forEach(
        target ->
            list.addObject().put("kind", target.kind().name()).put("to", target.destination()));
    return node.toString();
  }

  /** Reads what {@link #write} wrote. */
  public static Ending read(String json) {
    try {
      JsonNode node = JSON.readTree(json);
      List<Target> targets = new ArrayList<>();
      node.path("targets")
          .forEach(
              target ->
                  targets.add(
                      new Target(
                          Kind.valueOf(target.path("kind").asText()), target.path("to").asText())));
      JsonNode answer = node.path("response");
      return new Ending(
          node.path("condition").asText(),
          Instant.ofEpochMilli(node.path("at").asLong()),
          node.path("arn").asText(),
          node.path("count").asInt(),
          answer.isMissingNode()
              ? Optional.empty()
              : Optional.of(
                  new Response(
                      answer.path("version").asText(),
                      Optional.ofNullable(answer.get("error")).map(JsonNode::asText),
                      answer.path("payload"))),
          List.copyOf(targets));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("an event's ending cannot be read", e);
    }
  }
}
