package dev.spillway.lambda.invoke;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.lambda.function.EventInvokeConfig;
import dev.spillway.lambda.function.FunctionAlias;
import dev.spillway.lambda.function.FunctionCatalogue.Described;
import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionDetails;
import dev.spillway.lambda.function.FunctionRecord;
import dev.spillway.lambda.function.Revision;
import java.io.UncheckedIOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Functions, aliases and their settings as the wire shows them. Source: AWS Lambda API. */
final class FunctionJson {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter LAST_MODIFIED =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSZ", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private FunctionJson() {}

  /** Shape FunctionConfiguration; {@code arn} as the caller meant the function. */
  static ObjectNode configuration(Revision revision, String arn) {
    FunctionConfiguration function = revision.configuration();
    FunctionDetails details = function.details();
    boolean image = details.imageUri().isPresent();
    ObjectNode node = JSON.createObjectNode();
    node.put("FunctionName", function.functionName());
    node.put("FunctionArn", arn);
    if (!image) {
      node.put("Runtime", function.runtime());
      node.put("Handler", function.handler());
    }
    // A function of a template has no role here; clients expect the member.
    node.put("Role", details.role());
    node.put("CodeSize", revision.codeSize());
    node.put("Description", details.description());
    node.put("Timeout", function.timeout());
    node.put("MemorySize", function.memorySize());
    node.put("LastModified", LAST_MODIFIED.format(revision.lastModified()));
    node.put("CodeSha256", revision.codeSha256());
    node.put("Version", revision.version());
    if (!function.environment().isEmpty()) {
      texts(node.putObject("Environment").putObject("Variables"), function.environment());
    }
    details
        .deadLetter()
        .ifPresent(target -> node.putObject("DeadLetterConfig").put("TargetArn", target));
    node.putObject("TracingConfig").put("Mode", "PassThrough");
    node.put("RevisionId", revision.revisionId());
    node.put("State", "Active");
    node.put("LastUpdateStatus", "Successful");
    node.put("PackageType", image ? "Image" : "Zip");
    node.putArray("Architectures").add(function.architecture());
    node.putObject("EphemeralStorage").put("Size", function.ephemeralStorage());
    node.putObject("SnapStart").put("ApplyOn", "None").put("OptimizationStatus", "Off");
    node.putObject("LoggingConfig")
        .put("LogFormat", "Text")
        .put("LogGroup", "/aws/lambda/" + function.functionName());
    details.kept().forEach((name, json) -> keep(node, name, parsed(json)));
    return node;
  }

  /** What was given stands over the defaults. */
  private static void keep(ObjectNode node, String name, JsonNode value) {
    if (name.equals("ImageConfig")) {
      node.putObject("ImageConfigResponse").set("ImageConfig", value);
    } else if (node.get(name) instanceof ObjectNode present && value instanceof ObjectNode given) {
      present.setAll(given);
    } else {
      node.set(name, value);
    }
  }

  private static JsonNode parsed(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("kept as it was written", e);
    }
  }

  private static void texts(ObjectNode node, Map<String, String> texts) {
    new TreeMap<>(texts).forEach(node::put);
  }

  /** Shape GetFunctionResponse. */
  static ObjectNode function(Described described) {
    FunctionRecord function = described.function();
    FunctionConfiguration configuration = described.revision().configuration();
    ObjectNode node = JSON.createObjectNode();
    node.set("Configuration", configuration(described.revision(), described.arn()));
    ObjectNode code = node.putObject("Code");
    configuration
        .details()
        .imageUri()
        .ifPresentOrElse(
            uri ->
                code.put("RepositoryType", "ECR")
                    .put("ImageUri", uri)
                    .put(
                        "ResolvedImageUri",
                        repository(uri) + "@sha256:" + described.revision().codeSha256()),
            () ->
                code.put("RepositoryType", "FILE")
                    .put("Location", configuration.code().toUri().toString()));
    if (!function.tags().isEmpty()) {
      texts(node.putObject("Tags"), function.tags());
    }
    function
        .reservedConcurrency()
        .ifPresent(
            reserved ->
                node.putObject("Concurrency").put("ReservedConcurrentExecutions", reserved));
    return node;
  }

  private static String repository(String imageUri) {
    return imageUri.replaceFirst("@.*", "").replaceFirst(":[^/:]*$", "");
  }

  /** Shape AliasConfiguration. */
  static ObjectNode alias(FunctionRecord function, FunctionAlias alias) {
    ObjectNode node = JSON.createObjectNode();
    node.put("AliasArn", function.latest().arn() + ":" + alias.name())
        .put("Name", alias.name())
        .put("FunctionVersion", alias.version())
        .put("Description", alias.description())
        .put("RevisionId", alias.revisionId());
    alias
        .additional()
        .ifPresent(
            other ->
                node.putObject("RoutingConfig")
                    .putObject("AdditionalVersionWeights")
                    .put(other.version(), other.share()));
    return node;
  }

  /** Shape FunctionEventInvokeConfig; its time is in seconds, with a fraction. */
  static ObjectNode eventInvoke(String qualifiedArn, EventInvokeConfig config) {
    ObjectNode node = JSON.createObjectNode();
    node.put("LastModified", config.lastModified().toEpochMilli() / 1000.0);
    node.put("FunctionArn", qualifiedArn);
    config.maximumRetryAttempts().ifPresent(n -> node.put("MaximumRetryAttempts", n));
    config.maximumEventAgeInSeconds().ifPresent(n -> node.put("MaximumEventAgeInSeconds", n));
    ObjectNode destinations = node.putObject("DestinationConfig");
    ObjectNode success = destinations.putObject("OnSuccess");
    config.onSuccess().ifPresent(target -> success.put("Destination", target));
    ObjectNode failure = destinations.putObject("OnFailure");
    config.onFailure().ifPresent(target -> failure.put("Destination", target));
    return node;
  }
}
