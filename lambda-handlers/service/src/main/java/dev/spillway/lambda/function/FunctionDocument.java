package dev.spillway.lambda.function;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A function's record as the JSON that the store keeps. Paths inside the data folder are kept
 * relative to it: the folder may be moved.
 */
public final class FunctionDocument {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path dataDirectory;

  public FunctionDocument(Path dataDirectory) {
    this.dataDirectory = dataDirectory;
  }

  /** Of all that a template says of a function, wherever its code lies. */
  static String digest(FunctionConfiguration declared, String codeSha256) {
    ObjectNode node = JSON.createObjectNode();
    configuration(node, declared);
    declared.reservedConcurrency().ifPresent(n -> node.put("reserved", n));
    map(node.putObject("tags"), declared.tags());
    declared
        .eventInvoke()
        .ifPresent(events -> node.set("events", events(events.modified(Instant.EPOCH))));
    node.put("sha256", codeSha256);
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(node.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  // ---- writing

  public String write(FunctionRecord function) {
    ObjectNode node = JSON.createObjectNode();
    node.set("latest", revision(function.latest()));
    ArrayNode versions = node.putArray("versions");
    function.versions().forEach(version -> versions.add(revision(version)));
    node.put("lastVersion", function.lastVersion());
    ArrayNode aliases = node.putArray("aliases");
    function.aliases().values().forEach(alias -> aliases.add(alias(alias)));
    function.reservedConcurrency().ifPresent(n -> node.put("reserved", n));
    map(node.putObject("tags"), function.tags());
    ObjectNode events = node.putObject("eventInvoke");
    function.eventInvoke().forEach((qualifier, config) -> events.set(qualifier, events(config)));
    ObjectNode policies = node.putObject("policies");
    function.policies().forEach((qualifier, policy) -> policies.set(qualifier, policy(policy)));
    function.templateDigest().ifPresent(digest -> node.put("templateDigest", digest));
    return node.toString();
  }

  private ObjectNode revision(Revision revision) {
    ObjectNode node = JSON.createObjectNode();
    configuration(node, revision.configuration());
    return node.put("code", inside(revision.configuration().code()))
        .put("version", revision.version())
        .put("arn", revision.arn())
        .put("taskRoot", inside(revision.taskRoot()))
        .put("sha256", revision.codeSha256())
        .put("size", revision.codeSize())
        .put("lastModified", revision.lastModified().toEpochMilli())
        .put("revisionId", revision.revisionId());
  }

  private String inside(Path path) {
    return path.startsWith(dataDirectory)
        ? dataDirectory.relativize(path).toString()
        : path.toString();
  }

  private static void configuration(ObjectNode node, FunctionConfiguration function) {
    FunctionDetails details = function.details();
    node.put("name", function.functionName())
        .put("runtime", function.runtime())
        .put("handler", function.handler())
        .put("timeout", function.timeout())
        .put("memory", function.memorySize())
        .put("storage", function.ephemeralStorage())
        .put("architecture", function.architecture())
        .put("description", details.description())
        .put("role", details.role());
    details.imageUri().ifPresent(image -> node.put("image", image));
    details.deadLetter().ifPresent(target -> node.put("deadLetter", target));
    map(node.putObject("environment"), function.environment());
    map(node.putObject("kept"), details.kept());
  }

  private static void map(ObjectNode node, Map<String, String> map) {
    new TreeMap<>(map).forEach(node::put);
  }

  private static ObjectNode alias(FunctionAlias alias) {
    ObjectNode node = JSON.createObjectNode();
    node.put("name", alias.name())
        .put("version", alias.version())
        .put("description", alias.description())
        .put("revisionId", alias.revisionId());
    alias
        .additional()
        .ifPresent(
            other ->
                node.putObject("additional")
                    .put("version", other.version())
                    .put("share", other.share()));
    return node;
  }

  private static ObjectNode events(EventInvokeConfig config) {
    ObjectNode node = JSON.createObjectNode();
    config.maximumRetryAttempts().ifPresent(n -> node.put("retries", n));
    config.maximumEventAgeInSeconds().ifPresent(n -> node.put("age", n));
    config.onSuccess().ifPresent(target -> node.put("onSuccess", target));
    config.onFailure().ifPresent(target -> node.put("onFailure", target));
    return node.put("lastModified", config.lastModified().toEpochMilli());
  }

  private static ObjectNode policy(FunctionPolicy policy) {
    ObjectNode node = JSON.createObjectNode().put("revisionId", policy.revisionId());
    ArrayNode statements = node.putArray("statements");
    policy
        .statements()
        .forEach(one -> statements.addObject().put("id", one.id()).put("json", one.json()));
    return node;
  }

  // ---- reading

  public FunctionRecord read(String json) {
    try {
      JsonNode node = JSON.readTree(json);
      List<Revision> versions = new ArrayList<>();
      node.path("versions").forEach(version -> versions.add(revision(version)));
      SortedMap<String, FunctionAlias> aliases = new TreeMap<>();
      node.path("aliases").forEach(one -> aliases.put(one.path("name").asText(), alias(one)));
      return new FunctionRecord(
          revision(node.path("latest")),
          List.copyOf(versions),
          node.path("lastVersion").asInt(),
          aliases,
          whole(node.path("reserved")),
          texts(node.path("tags")),
          each(node.path("eventInvoke"), FunctionDocument::events),
          each(node.path("policies"), FunctionDocument::policy),
          text(node.path("templateDigest")));
    } catch (IOException e) {
      throw new UncheckedIOException("a function's document cannot be read", e);
    }
  }

  private Revision revision(JsonNode node) {
    return new Revision(
        new FunctionConfiguration(
            node.path("name").asText(),
            node.path("runtime").asText(),
            node.path("handler").asText(),
            dataDirectory.resolve(node.path("code").asText()),
            node.path("timeout").asInt(),
            node.path("memory").asInt(),
            node.path("storage").asInt(),
            node.path("architecture").asText(),
            texts(node.path("environment")),
            OptionalInt.empty(),
            Map.of(),
            new FunctionDetails(
                node.path("description").asText(),
                node.path("role").asText(),
                text(node.path("image")),
                text(node.path("deadLetter")),
                texts(node.path("kept"))),
            Optional.empty()),
        node.path("version").asText(),
        node.path("arn").asText(),
        dataDirectory.resolve(node.path("taskRoot").asText()),
        node.path("sha256").asText(),
        node.path("size").asLong(),
        Instant.ofEpochMilli(node.path("lastModified").asLong()),
        node.path("revisionId").asText());
  }

  private static FunctionAlias alias(JsonNode node) {
    JsonNode other = node.path("additional");
    return new FunctionAlias(
        node.path("name").asText(),
        node.path("version").asText(),
        node.path("description").asText(),
        other.isMissingNode()
            ? Optional.empty()
            : Optional.of(
                new FunctionAlias.Weight(
                    other.path("version").asText(), other.path("share").asDouble())),
        node.path("revisionId").asText());
  }

  private static EventInvokeConfig events(JsonNode node) {
    return new EventInvokeConfig(
        whole(node.path("retries")),
        whole(node.path("age")),
        text(node.path("onSuccess")),
        text(node.path("onFailure")),
        Instant.ofEpochMilli(node.path("lastModified").asLong()));
  }

  private static FunctionPolicy policy(JsonNode node) {
    List<FunctionPolicy.Statement> statements = new ArrayList<>();
    node.path("statements")
        .forEach(
            one ->
                statements.add(
                    new FunctionPolicy.Statement(
                        one.path("id").asText(), one.path("json").asText())));
    return new FunctionPolicy(List.copyOf(statements), node.path("revisionId").asText());
  }

  private static <T> SortedMap<String, T> each(JsonNode node, Function<JsonNode, T> read) {
    SortedMap<String, T> map = new TreeMap<>();
    node.properties().forEach(member -> map.put(member.getKey(), read.apply(member.getValue())));
    return map;
  }

  private static SortedMap<String, String> texts(JsonNode node) {
    return each(node, JsonNode::asText);
  }

  private static Optional<String> text(JsonNode node) {
    return node.isTextual() ? Optional.of(node.asText()) : Optional.empty();
  }

  private static OptionalInt whole(JsonNode node) {
    return node.isInt() ? OptionalInt.of(node.asInt()) : OptionalInt.empty();
  }
}
