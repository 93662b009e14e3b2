package dev.spillway.lambda.invoke;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.Revision;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.TreeMap;

/** A function as GetFunction shows it. Source: AWS Lambda API 2015-03-31, FunctionConfiguration. */
final class FunctionJson {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter LAST_MODIFIED =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSZ", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private FunctionJson() {}

  static ObjectNode configuration(Revision revision) {
    FunctionConfiguration function = revision.configuration();
    ObjectNode node = JSON.createObjectNode();
    node.put("FunctionName", function.functionName());
    node.put("FunctionArn", revision.arn());
    node.put("Runtime", function.runtime());
    // A local function has no role; clients expect the member.
    node.put("Role", "");
    node.put("Handler", function.handler());
    node.put("CodeSize", revision.codeSize());
    node.put("Description", "");
    node.put("Timeout", function.timeout());
    node.put("MemorySize", function.memorySize());
    node.put("LastModified", LAST_MODIFIED.format(revision.lastModified()));
    node.put("CodeSha256", revision.codeSha256());
    node.put("Version", "$LATEST");
    if (!function.environment().isEmpty()) {
      ObjectNode variables = node.putObject("Environment").putObject("Variables");
      new TreeMap<>(function.environment()).forEach(variables::put);
    }
    node.putObject("TracingConfig").put("Mode", "PassThrough");
    node.put("RevisionId", revision.revisionId());
    node.put("State", "Active");
    node.put("LastUpdateStatus", "Successful");
    node.put("PackageType", "Zip");
    node.putArray("Architectures").add(function.architecture());
    node.putObject("EphemeralStorage").put("Size", function.ephemeralStorage());
    node.putObject("SnapStart").put("ApplyOn", "None").put("OptimizationStatus", "Off");
    node.putObject("LoggingConfig")
        .put("LogFormat", "Text")
        .put("LogGroup", "/aws/lambda/" + function.functionName());
    return node;
  }

  static ObjectNode function(Revision revision) {
    FunctionConfiguration function = revision.configuration();
    ObjectNode node = JSON.createObjectNode();
    node.set("Configuration", configuration(revision));
    node.putObject("Code")
        .put("RepositoryType", "FILE")
        .put("Location", function.code().toUri().toString());
    if (!function.tags().isEmpty()) {
      ObjectNode tags = node.putObject("Tags");
      new TreeMap<>(function.tags()).forEach(tags::put);
    }
    function
        .reservedConcurrency()
        .ifPresent(
            reserved ->
                node.putObject("Concurrency").put("ReservedConcurrentExecutions", reserved));
    return node;
  }
}
