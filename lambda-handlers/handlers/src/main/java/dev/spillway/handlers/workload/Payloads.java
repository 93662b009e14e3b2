package dev.spillway.handlers.workload;

import io.micronaut.json.tree.JsonNode;
import io.micronaut.serde.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a payload can be: in the event or the environment, behind a reference, or in arguments.
 *
 * <p>Source: the hop contract. A payload too large to travel is an object, named with its SHA-256
 * so that what is worked on is what was submitted.
 */
public final class Payloads {
  private static final Pattern JSON_SCALAR =
      Pattern.compile("true|false|null|-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

  private final ObjectMapper json;
  private final S3Objects objects;

  public Payloads(ObjectMapper json, S3Objects objects) {
    this.json = json;
    this.objects = objects;
  }

  /** The payload itself: an empty event is {@code {}}, a reference is read. */
  public JsonNode resolve(byte[] event) throws IOException {
    JsonNode node = parse(event);
    if (!node.isObject() || node.get("$s3") == null) {
      return node;
    }
    JsonNode hash = node.get("sha256");
    return parse(
        fetch(
            node.get("$s3").coerceStringValue(),
            hash == null ? Optional.empty() : Optional.of(hash.coerceStringValue())));
  }

  /** Empty when the job carries no payload of Spillway's: then its arguments are the input. */
  public Optional<byte[]> ofJob(Map<String, String> environment) throws IOException {
    String inline = environment.get("SPILLWAY_PAYLOAD");
    if (inline != null) {
      return Optional.of(inline.getBytes(StandardCharsets.UTF_8));
    }
    String object = environment.get("SPILLWAY_PAYLOAD_S3");
    if (object != null) {
      return Optional.of(
          fetch(object, Optional.ofNullable(environment.get("SPILLWAY_PAYLOAD_SHA256"))));
    }
    String lines = environment.get("SPILLWAY_PAYLOADS_S3");
    if (lines != null) {
      return Optional.of(line("SPILLWAY_PAYLOADS_S3", lines, environment));
    }
    return Optional.empty();
  }

  /**
   * The environment with what is this job's own: its line of {@code SPILLWAY_MEMBERS_S3}, an object
   * of variables. Unchanged for a job that carries one task.
   */
  public Map<String, String> ownOfMember(Map<String, String> environment) throws IOException {
    String members = environment.get("SPILLWAY_MEMBERS_S3");
    if (members == null) {
      return environment;
    }
    Map<String, String> own = new HashMap<>(environment);
    parse(line("SPILLWAY_MEMBERS_S3", members, environment))
        .entries()
        .forEach(variable -> own.put(variable.getKey(), variable.getValue().getStringValue()));
    return own;
  }

  /** {@code --key value ...} as an object; a value that reads as a JSON scalar is that scalar. */
  public byte[] ofArguments(List<String> arguments) throws IOException {
    Map<String, JsonNode> fields = new LinkedHashMap<>();
    for (int i = 0; i < arguments.size(); i += 2) {
      String key = arguments.get(i);
      if (!key.startsWith("--") || key.length() == 2 || i + 1 == arguments.size()) {
        throw new InvalidPayloadException(
            "argument \"" + key + "\" is not part of a pair; give --name value");
      }
      String value = arguments.get(i + 1);
      fields.put(
          key.substring(2),
          JSON_SCALAR.matcher(value).matches()
              ? parse(value.getBytes(StandardCharsets.UTF_8))
              : JsonNode.createStringNode(value));
    }
    return json.writeValueAsBytes(JsonNode.createObjectNode(fields));
  }

  private byte[] line(String variable, String uri, Map<String, String> environment)
      throws IOException {
    String index = environment.get("AWS_BATCH_JOB_ARRAY_INDEX");
    if (index == null || !index.matches("[0-9]{1,9}")) {
      throw new InvalidPayloadException(
          variable
              + " is set, but AWS_BATCH_JOB_ARRAY_INDEX is \""
              + index
              + "\"; it must be the line's number from 0");
    }
    try (InputStream in = objects.open(S3Location.parse(uri));
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      List<String> found = reader.lines().skip(Long.parseLong(index)).limit(1).toList();
      if (found.isEmpty()) {
        throw new InvalidPayloadException(uri + " has no line " + index + " (counted from 0)");
      }
      return found.getFirst().getBytes(StandardCharsets.UTF_8);
    }
  }

  private byte[] fetch(String uri, Optional<String> sha256) throws IOException {
    byte[] content;
    try (InputStream in = objects.open(S3Location.parse(uri))) {
      content = in.readAllBytes();
    }
    String found = sha256(content);
    if (sha256.isPresent() && !sha256.get().equalsIgnoreCase(found)) {
      throw new InvalidPayloadException(
          uri + " has SHA-256 " + found + ", but " + sha256.get() + " was submitted");
    }
    return content;
  }

  private JsonNode parse(byte[] content) throws IOException {
    if (content.length == 0) {
      return JsonNode.createObjectNode(Map.of());
    }
    try {
      JsonNode node = json.readValue(content, JsonNode.class);
      return node == null ? JsonNode.nullNode() : node;
    } catch (IOException e) {
      throw new InvalidPayloadException("the payload is not JSON: " + e.getMessage(), e);
    }
  }

  /** Lower-case hexadecimal. */
  public static String sha256(byte[] content) {
    return HexFormat.of().formatHex(digest().digest(content));
  }

  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
