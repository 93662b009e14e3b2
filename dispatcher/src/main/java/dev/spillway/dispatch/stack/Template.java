package dev.spillway.dispatch.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * A SAM template with every function evaluated: parameters have values, false conditions have
 * removed their resources, references are names and ARNs of this region and account.
 *
 * @param file shown in messages
 * @param folder that relative code paths start at
 * @param resources in the order of the file
 */
public record Template(String file, Path folder, List<Resource> resources) {

  /**
   * One resource that exists.
   *
   * @param metadata the member {@code Metadata}, evaluated
   */
  public record Resource(
      String logicalId, String type, Map<String, Object> properties, Map<String, Object> metadata) {

    /** The physical name: the one the template gives, else the logical id. */
    public String name() {
      return Template.givenName(type, properties).orElse(logicalId);
    }
  }

  /** Where the stack is applied. */
  public record Place(String region, String account) {}

  private static final Map<String, String> NAME_PROPERTY =
      Map.of(
          "AWS::Serverless::Function", "FunctionName",
          "AWS::Batch::ComputeEnvironment", "ComputeEnvironmentName",
          "AWS::Batch::JobQueue", "JobQueueName",
          "AWS::Batch::JobDefinition", "JobDefinitionName",
          "AWS::S3::Bucket", "BucketName",
          "AWS::IAM::Role", "RoleName",
          "AWS::IAM::InstanceProfile", "InstanceProfileName",
          "AWS::DynamoDB::Table", "TableName",
          "AWS::SQS::Queue", "QueueName");

  /** The property that names a resource of a type. */
  static Optional<String> givenProperty(String type) {
    return Optional.ofNullable(NAME_PROPERTY.get(type));
  }

  private static Optional<String> givenName(String type, Map<?, ?> properties) {
    return givenProperty(type)
        .map(properties::get)
        .map(String::valueOf)
        .filter(name -> !name.isEmpty());
  }

  /**
   * Reads a file.
   *
   * @param overrides parameter values over the template's defaults
   * @throws TemplateException with every fault found
   */
  public static Template read(Path file, Map<String, String> overrides, Place place) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException _) {
      throw new TemplateException(file.toString(), List.of("the file cannot be read"));
    }
    Path folder = file.toAbsolutePath().getParent();
    return parse(file.getFileName().toString(), folder, text, overrides, place);
  }

  static Template parse(
      String file, Path folder, String text, Map<String, String> overrides, Place place) {
    Object document;
    try {
      document = TemplateYaml.parse(text);
    } catch (YAMLException e) {
      throw new TemplateException(file, List.of("not YAML: " + e.getMessage().strip()));
    }
    if (!(document instanceof Map<?, ?> root) || !(root.get("Resources") instanceof Map<?, ?>)) {
      throw new TemplateException(file, List.of("there is no section Resources"));
    }
    return new Reading(file, folder, root, place).read(overrides);
  }

  /** The state of one reading: faults are collected, so that all are told at once. */
  private static final class Reading {
    private final String file;
    private final Path folder;
    private final Map<?, ?> root;
    private final Place place;
    private final List<String> faults = new ArrayList<>();

    Reading(String file, Path folder, Map<?, ?> root, Place place) {
      this.file = file;
      this.folder = folder;
      this.root = root;
      this.place = place;
    }

    Template read(Map<String, String> overrides) {
      Map<String, Object> parameters = new TemplateParameters(root, faults).values(overrides);
      parameters.put("AWS::AccountId", place.account());
      parameters.put("AWS::Region", place.region());
      parameters.put("AWS::Partition", "aws");
      parameters.put("AWS::StackName", "spillway");
      parameters.put(
          "AWS::StackId",
          "arn:aws:cloudformation:%s:%s:stack/spillway/local"
              .formatted(place.region(), place.account()));
      parameters.put("AWS::URLSuffix", "amazonaws.com");
      parameters.put("AWS::NotificationARNs", List.of());
      throwFaults();

      ResourceReferences references = new ResourceReferences(section("Resources"), place);
      Evaluation evaluation =
          new Evaluation(parameters, section("Mappings"), section("Conditions"), references);
      references.evaluateWith(evaluation);
      section("Conditions")
          .keySet()
          .forEach(
              name ->
                  check("Conditions." + name, () -> evaluation.condition(String.valueOf(name))));

      List<Resource> resources = new ArrayList<>();
      section("Resources")
          .forEach(
              (id, body) ->
                  resource(String.valueOf(id), body, evaluation).ifPresent(resources::add));
      section("Outputs")
          .forEach((id, body) -> check("Outputs." + id, () -> output(body, evaluation)));
      throwFaults();
      return new Template(file, folder, List.copyOf(resources));
    }

    private static Object output(Object body, Evaluation evaluation) {
      return body instanceof Map<?, ?> map
              && map.get("Condition") instanceof String condition
              && !evaluation.condition(condition)
          ? null
          : evaluation.value(body instanceof Map<?, ?> map ? map.get("Value") : body);
    }

    private Optional<Resource> resource(String id, Object body, Evaluation evaluation) {
      if (!(body instanceof Map<?, ?> map) || !(map.get("Type") instanceof String type)) {
        faults.add(id + " has no Type");
        return Optional.empty();
      }
      if (map.get("Condition") instanceof String condition
          && !check(id + ".Condition", () -> evaluation.condition(condition)).equals(true)) {
        return Optional.empty();
      }
      Map<String, Object> properties = new LinkedHashMap<>();
      merged(type, map)
          .forEach(
              (name, value) -> {
                Object found = check(id + "." + name, () -> evaluation.value(value));
                if (found != Evaluation.NO_VALUE) {
                  properties.put(name, found);
                }
              });
      Object metadata = check(id + ".Metadata", () -> evaluation.value(map.get("Metadata")));
      return Optional.of(new Resource(id, type, properties, asMap(metadata)));
    }

    /** {@code Globals.Function} beneath a function: maps merge, lists add up, scalars yield. */
    private Map<String, Object> merged(String type, Map<?, ?> resource) {
      Map<String, Object> own = asMap(resource.get("Properties"));
      Map<String, Object> globals =
          type.equals("AWS::Serverless::Function")
              ? asMap(section("Globals").get("Function"))
              : Map.of();
      Object ignored = resource.get("IgnoreGlobals");
      if (globals.isEmpty() || "*".equals(ignored)) {
        return own;
      }
      Map<String, Object> result = new LinkedHashMap<>(globals);
      if (ignored instanceof List<?> names) {
        names.forEach(name -> result.remove(String.valueOf(name)));
      }
      own.forEach((name, value) -> result.merge(name, value, Reading::combine));
      return result;
    }

    private static Object combine(Object global, Object own) {
      if (global instanceof Map<?, ?> below && own instanceof Map<?, ?> above) {
        Map<String, Object> both = new LinkedHashMap<>(asMap(below));
        asMap(above).forEach((name, value) -> both.merge(name, value, Reading::combine));
        return both;
      }
      if (global instanceof List<?> first && own instanceof List<?> then) {
        List<Object> both = new ArrayList<>(first);
        both.addAll(then);
        return both;
      }
      return own;
    }

    private Object check(String where, java.util.function.Supplier<Object> evaluation) {
      try {
        Object value = evaluation.get();
        return value == null ? Map.of() : value;
      } catch (Evaluation.Unresolved e) {
        faults.add(where + ": " + e.getMessage());
        return Map.of();
      }
    }

    private Map<?, ?> section(String name) {
      return root.get(name) instanceof Map<?, ?> map ? map : Map.of();
    }

    private void throwFaults() {
      if (!faults.isEmpty()) {
        throw new TemplateException(file, faults);
      }
    }
  }

  static Map<String, Object> asMap(Object value) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> given) {
      given.forEach((key, item) -> map.put(String.valueOf(key), item));
    }
    return map;
  }
}
