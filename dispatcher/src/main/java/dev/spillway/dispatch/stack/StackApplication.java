package dev.spillway.dispatch.stack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.BatchOperations;
import dev.spillway.dispatch.stack.Stack.BatchResource;
import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionService;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Makes a stack so, in place. What is as declared is left alone: applying the same template twice
 * changes nothing. Running jobs are never stopped; what a template no longer declares stays.
 */
public final class StackApplication {
  /** On each job definition: what it was registered from, so that equal ones are recognised. */
  static final String DIGEST_TAG = "spillway:template-digest";

  private final BatchOperations batch;
  private final FunctionService functions;

  public StackApplication(BatchOperations batch, FunctionService functions) {
    this.batch = batch;
    this.functions = functions;
  }

  /**
   * Applies a stack.
   *
   * @return what changed, one line each; empty when nothing did
   * @throws TemplateException when a service refuses a resource; names logical id and refusal
   */
  public List<String> apply(Stack stack) {
    List<String> changes = new ArrayList<>();
    stack.functions().forEach(function -> put(stack, function, changes));
    stack
        .computeEnvironments()
        .forEach(
            environment ->
                createOrUpdate(
                    stack,
                    environment,
                    "computeenvironment",
                    "computeEnvironments",
                    "computeEnvironment",
                    List.of("state", "computeResources", "serviceRole", "unmanagedvCpus"),
                    changes));
    stack
        .jobQueues()
        .forEach(
            queue ->
                createOrUpdate(
                    stack,
                    queue,
                    "jobqueue",
                    "jobQueues",
                    "jobQueue",
                    List.of("state", "priority", "computeEnvironmentOrder", "schedulingPolicyArn"),
                    changes));
    stack.jobDefinitions().forEach(definition -> register(stack, definition, changes));
    return changes;
  }

  private void put(Stack stack, Stack.Function function, List<String> changes) {
    FunctionConfiguration declared = function.configuration();
    try {
      // Always: the code behind the same path may be another one than at the last start.
      if (functions.put(declared)) {
        changes.add("function " + declared.functionName());
      }
    } catch (RuntimeException e) {
      throw refused(stack, function.logicalId(), e);
    }
  }

  private void createOrUpdate(
      Stack stack,
      BatchResource resource,
      String kind,
      String list,
      String identifier,
      List<String> updatable,
      List<String> changes) {
    ObjectNode describe = object();
    describe.putArray(list).add(resource.name());
    JsonNode present = call(stack, resource, "describe" + kind + "s", describe).path(list).path(0);
    if (present.isMissingNode()) {
      call(stack, resource, "create" + kind, resource.request());
      changes.add(kind + " " + resource.name());
      return;
    }
    ObjectNode update = object();
    for (String member : updatable) {
      JsonNode wanted = resource.request().path(member);
      if (!wanted.isMissingNode() && !holds(present.path(member), wanted)) {
        update.set(member, updatable(member, wanted));
      }
    }
    if (!update.isEmpty()) {
      update.put(identifier, resource.name());
      call(stack, resource, "update" + kind, update);
      changes.add(kind + " " + resource.name() + " " + List.copyOf(fieldNames(update)));
    }
  }

  /** An update of an environment takes no {@code type} where it is the same. */
  private static JsonNode updatable(String member, JsonNode wanted) {
    if (!member.equals("computeResources")) {
      return wanted;
    }
    ObjectNode resources = wanted.deepCopy();
    resources.remove(List.of("type", "spotIamFleetRole"));
    return resources;
  }

  private static List<String> fieldNames(ObjectNode update) {
    List<String> names = new ArrayList<>();
    update.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private void register(Stack stack, BatchResource definition, List<String> changes) {
    ObjectNode request = definition.request().deepCopy();
    String digest = digest(request.toString());
    ObjectNode tags =
        request.path("tags") instanceof ObjectNode given ? given : request.putObject("tags");
    tags.put(DIGEST_TAG, digest);
    ObjectNode describe =
        object().put("jobDefinitionName", definition.name()).put("status", "ACTIVE");
    JsonNode newest = object();
    for (JsonNode revision :
        call(stack, definition, "describejobdefinitions", describe).path("jobDefinitions")) {
      if (revision.path("revision").asInt() > newest.path("revision").asInt(0)) {
        newest = revision;
      }
    }
    if (!newest.path("tags").path(DIGEST_TAG).asText().equals(digest)) {
      int revision =
          call(stack, definition, "registerjobdefinition", request).path("revision").asInt();
      changes.add("jobdefinition " + definition.name() + ":" + revision);
    }
  }

  /** Everything wanted is there; what is there beyond it is a default of the service. */
  private static boolean holds(JsonNode present, JsonNode wanted) {
    if (wanted.isObject()) {
      for (var member : wanted.properties()) {
        if (!holds(present.path(member.getKey()), member.getValue())) {
          return false;
        }
      }
      return true;
    }
    if (wanted.isArray()) {
      if (present.size() != wanted.size()) {
        return false;
      }
      for (int i = 0; i < wanted.size(); i++) {
        if (!holds(present.path(i), wanted.path(i))) {
          return false;
        }
      }
      return true;
    }
    return present.asText().equalsIgnoreCase(wanted.asText());
  }

  private ObjectNode call(Stack stack, BatchResource resource, String operation, ObjectNode body) {
    try {
      return batch.call(operation, body);
    } catch (BatchApiException e) {
      throw refused(stack, resource.logicalId(), e);
    }
  }

  private static TemplateException refused(Stack stack, String logicalId, RuntimeException e) {
    return new TemplateException(
        stack.template(), List.of(logicalId + " was refused: " + e.getMessage()));
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static String digest(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
