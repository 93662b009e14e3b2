package dev.spillway.dispatch.stack;

import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code Ref} and {@code GetAtt} of a resource give here: the names and ARNs that it would
 * have on AWS with its own name; without one, its logical id is the name.
 */
final class ResourceReferences implements Evaluation.References {
  private final Map<?, ?> resources;
  private final Template.Place place;
  private final Set<String> underWay = new HashSet<>();
  private Evaluation evaluation;

  ResourceReferences(Map<?, ?> resources, Template.Place place) {
    this.resources = resources;
    this.place = place;
  }

  /** Names may themselves hold functions. */
  void evaluateWith(Evaluation names) {
    this.evaluation = names;
  }

  @Override
  public Optional<String> ref(String logicalId) {
    Optional<String> implied = implied(logicalId);
    if (implied.isPresent()) {
      return implied;
    }
    return type(logicalId)
        .map(
            type ->
                switch (type) {
                  case "AWS::Batch::ComputeEnvironment",
                      "AWS::Batch::JobQueue",
                      "AWS::Batch::JobDefinition" ->
                      arn(type, name(logicalId, type));
                  default -> name(logicalId, type);
                });
  }

  @Override
  public Optional<String> attribute(String logicalId, String attribute) {
    if (implied(logicalId).isPresent()) {
      return Optional.of(iam("role", logicalId));
    }
    return type(logicalId)
        .map(
            type -> {
              String name = name(logicalId, type);
              return attribute.equals("Arn")
                      || attribute.endsWith(type.replaceAll(".*:", "") + "Arn")
                  ? arn(type, name)
                  : name + "." + attribute;
            });
  }

  private Optional<String> type(String logicalId) {
    return resources.get(logicalId) instanceof Map<?, ?> body
            && body.get("Type") instanceof String type
        ? Optional.of(type)
        : Optional.empty();
  }

  /** Resources that SAM makes: a function's role, the shared HTTP API. */
  private Optional<String> implied(String logicalId) {
    boolean role =
        logicalId.endsWith("Role")
            && !resources.containsKey(logicalId)
            && type(logicalId.substring(0, logicalId.length() - "Role".length()))
                .filter("AWS::Serverless::Function"::equals)
                .isPresent();
    boolean api = logicalId.equals("ServerlessHttpApi") || logicalId.equals("ServerlessRestApi");
    return role || api ? Optional.of(logicalId) : Optional.empty();
  }

  private String name(String logicalId, String type) {
    Map<?, ?> body = (Map<?, ?>) resources.get(logicalId);
    if (!underWay.add(logicalId)) {
      throw new Evaluation.Unresolved("the name of \"" + logicalId + "\" refers to itself");
    }
    try {
      Object given =
          body.get("Properties") instanceof Map<?, ?> properties
              ? Template.givenProperty(type)
                  .map(properties::get)
                  .map(evaluation::value)
                  .orElse(null)
              : null;
      return given == null || given == Evaluation.NO_VALUE ? logicalId : String.valueOf(given);
    } finally {
      underWay.remove(logicalId);
    }
  }

  private String arn(String type, String name) {
    return switch (type) {
      case "AWS::Serverless::Function", "AWS::Lambda::Function" ->
          regional("lambda", "function:" + name);
      case "AWS::Batch::ComputeEnvironment" -> regional("batch", "compute-environment/" + name);
      case "AWS::Batch::JobQueue" -> regional("batch", "job-queue/" + name);
      case "AWS::Batch::JobDefinition" -> regional("batch", "job-definition/" + name);
      case "AWS::S3::Bucket" -> "arn:aws:s3:::" + name;
      case "AWS::IAM::Role" -> iam("role", name);
      case "AWS::IAM::InstanceProfile" -> iam("instance-profile", name);
      case "AWS::SQS::Queue" -> regional("sqs", name);
      case "AWS::DynamoDB::Table" -> regional("dynamodb", "table/" + name);
      case "AWS::Logs::LogGroup" -> regional("logs", "log-group:" + name);
      default -> regional("cloudformation", "resource/" + type.replace("::", "/") + "/" + name);
    };
  }

  private String regional(String service, String rest) {
    return "arn:aws:" + service + ":" + place.region() + ":" + place.account() + ":" + rest;
  }

  private String iam(String kind, String name) {
    return "arn:aws:iam::" + place.account() + ":" + kind + "/" + name;
  }
}
