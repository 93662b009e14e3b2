package dev.spillway.lambda.function;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * What is said of a function and not of its code: event invoke configurations, tags, policies.
 *
 * <p>Source: AWS Lambda API, PutFunctionEventInvokeConfig, TagResource, AddPermission.
 */
public final class FunctionSettings {
  private static final int TAGS_MAX = 50;

  /** Source: AWS Lambda quotas, function resource-based policy: 20 KB. */
  private static final int POLICY_BYTES_MAX = 20_480;

  private final FunctionRegistry registry;
  private final FunctionPorts ports;

  FunctionSettings(FunctionRegistry registry, FunctionPorts ports) {
    this.registry = registry;
    this.ports = ports;
  }

  // ---- events

  /** The qualifier that a name has, {@code $LATEST} without one. */
  public static String qualifier(String functionName) {
    return FunctionName.parse(functionName).qualifier().orElse(FunctionName.LATEST);
  }

  /**
   * Changes the configuration of a function, version or alias.
   *
   * @param change gets {@link EventInvokeConfig#DEFAULT} when there is none
   */
  public EventInvokeConfig changeEventInvoke(
      String functionName, boolean mustExist, UnaryOperator<EventInvokeConfig> change) {
    registry.describe(functionName);
    String qualifier = qualifier(functionName);
    return registry
        .change(
            FunctionName.parse(functionName),
            before -> {
              EventInvokeConfig old = before.eventInvoke().get(qualifier);
              if (old == null && mustExist) {
                throw noEventInvoke(before, qualifier);
              }
              Map<String, EventInvokeConfig> configs = new TreeMap<>(before.eventInvoke());
              configs.put(
                  qualifier,
                  change
                      .apply(old == null ? EventInvokeConfig.DEFAULT : old)
                      .modified(ports.clock().instant()));
              return before.withEventInvoke(configs);
            })
        .eventInvoke()
        .get(qualifier);
  }

  public EventInvokeConfig eventInvoke(String functionName) {
    FunctionRecord function = registry.function(FunctionName.parse(functionName));
    String qualifier = qualifier(functionName);
    EventInvokeConfig config = function.eventInvoke().get(qualifier);
    if (config == null) {
      throw noEventInvoke(function, qualifier);
    }
    return config;
  }

  public void deleteEventInvoke(String functionName) {
    String qualifier = qualifier(functionName);
    registry.change(
        FunctionName.parse(functionName),
        before -> {
          Map<String, EventInvokeConfig> configs = new TreeMap<>(before.eventInvoke());
          if (configs.remove(qualifier) == null) {
            throw noEventInvoke(before, qualifier);
          }
          return before.withEventInvoke(configs);
        });
  }

  private static LambdaException noEventInvoke(FunctionRecord function, String qualifier) {
    return new LambdaException(
        "ResourceNotFoundException",
        404,
        "The function "
            + function.latest().arn()
            + ":"
            + qualifier
            + " doesn't have an EventInvokeConfig");
  }

  // ---- tags

  public void tag(String arn, Map<String, String> tags) {
    registry.change(
        FunctionName.parse(arn),
        before -> {
          Map<String, String> all = new TreeMap<>(before.tags());
          all.putAll(tags);
          checkTags(all);
          return before.withTags(all);
        });
  }

  public void untag(String arn, Collection<String> keys) {
    registry.change(
        FunctionName.parse(arn),
        before -> {
          Map<String, String> all = new TreeMap<>(before.tags());
          all.keySet().removeAll(keys);
          return before.withTags(all);
        });
  }

  /** Source: AWS tagging rules; the prefix {@code aws:} is AWS's own. */
  public static void checkTags(Map<String, String> tags) {
    if (tags.size() > TAGS_MAX) {
      throw FunctionControl.invalid(
          "Tags has " + tags.size() + " entries; a function may have " + TAGS_MAX);
    }
    tags.forEach(
        (key, value) -> {
          if (key.isEmpty() || key.length() > 128 || value.length() > 256) {
            throw FunctionControl.invalid(
                "Tag \""
                    + key
                    + "\" has a key of "
                    + key.length()
                    + " and a value of "
                    + value.length()
                    + " characters; a key has 1 to 128, a value at most 256");
          }
          if (key.startsWith("aws:")) {
            throw FunctionControl.invalid("Tag \"" + key + "\" begins with aws:, which is AWS's");
          }
        });
  }

  // ---- policies

  /** Adds a statement; {@code statement} makes it from the resource's ARN. */
  public String addPermission(
      String functionName,
      String statementId,
      UnaryOperator<String> statement,
      Optional<String> revisionId) {
    FunctionName name = FunctionName.parse(functionName);
    registry.describe(functionName);
    String qualifier = name.qualifier().orElse("");
    FunctionRecord after =
        registry.change(
            name,
            before -> {
              FunctionPolicy old = before.policies().get(qualifier);
              checkPolicyRevision(old, revisionId);
              List<FunctionPolicy.Statement> all =
                  new ArrayList<>(old == null ? List.of() : old.statements());
              if (all.stream().anyMatch(one -> one.id().equals(statementId))) {
                throw new LambdaException(
                    "ResourceConflictException",
                    409,
                    "The statement id ("
                        + statementId
                        + ") provided already exists. Please provide a new statement id, or remove"
                        + " the existing statement.");
              }
              String arn = before.latest().arn() + (qualifier.isEmpty() ? "" : ":" + qualifier);
              all.add(new FunctionPolicy.Statement(statementId, statement.apply(arn)));
              if (all.stream().mapToInt(one -> one.json().length()).sum() > POLICY_BYTES_MAX) {
                throw new LambdaException(
                    "PolicyLengthExceededException",
                    400,
                    "The policy of "
                        + arn
                        + " would be longer than "
                        + POLICY_BYTES_MAX
                        + " bytes; remove statements that nobody needs");
              }
              return withPolicy(before, qualifier, all);
            });
    return after.policies().get(qualifier).find(statementId).orElseThrow().json();
  }

  private FunctionRecord withPolicy(
      FunctionRecord function, String qualifier, List<FunctionPolicy.Statement> statements) {
    Map<String, FunctionPolicy> policies = new TreeMap<>(function.policies());
    if (statements.isEmpty()) {
      policies.remove(qualifier);
    } else {
      policies.put(qualifier, new FunctionPolicy(List.copyOf(statements), ports.ids().get()));
    }
    return function.withPolicies(policies);
  }

  public FunctionPolicy policy(String functionName) {
    FunctionName name = FunctionName.parse(functionName);
    registry.describe(functionName);
    FunctionPolicy policy = registry.function(name).policies().get(name.qualifier().orElse(""));
    if (policy == null) {
      throw noPolicy();
    }
    return policy;
  }

  public void removePermission(
      String functionName, String statementId, Optional<String> revisionId) {
    FunctionName name = FunctionName.parse(functionName);
    String qualifier = name.qualifier().orElse("");
    registry.change(
        name,
        before -> {
          FunctionPolicy old = before.policies().get(qualifier);
          if (old == null) {
            throw noPolicy();
          }
          if (old.find(statementId).isEmpty()) {
            throw new LambdaException(
                "ResourceNotFoundException",
                404,
                "Statement " + statementId + " is not found in resource policy.");
          }
          checkPolicyRevision(old, revisionId);
          return withPolicy(
              before,
              qualifier,
              old.statements().stream().filter(one -> !one.id().equals(statementId)).toList());
        });
  }

  private static void checkPolicyRevision(FunctionPolicy policy, Optional<String> given) {
    FunctionControl.checkRevision(policy == null ? null : policy.revisionId(), given);
  }

  private static LambdaException noPolicy() {
    return new LambdaException(
        "ResourceNotFoundException", 404, "The resource you requested does not exist.");
  }
}
