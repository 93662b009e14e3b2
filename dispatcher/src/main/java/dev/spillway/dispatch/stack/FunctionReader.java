package dev.spillway.dispatch.stack;

import dev.spillway.dispatch.stack.Template.Resource;
import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionDetails;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code AWS::Serverless::Function} to a function's configuration. */
final class FunctionReader {
  private static final List<String> ARCHITECTURES = List.of("x86_64", "arm64");

  private final Template template;
  private final Faults faults;
  private final List<String> kept;

  FunctionReader(Template template, Faults faults, List<String> kept) {
    this.template = template;
    this.faults = faults;
    this.kept = kept;
  }

  /** Empty when it is kept only (an image, code that is elsewhere) or faulty. */
  Optional<Stack.Function> read(Resource resource) {
    String id = resource.logicalId();
    Map<String, Object> properties = resource.properties();
    List<String> keptNames = new ArrayList<>();
    properties
        .keySet()
        .forEach(
            name -> {
              if (KnownProperties.FUNCTION_KEPT.contains(name)) {
                keptNames.add(name);
              } else if (!KnownProperties.FUNCTION_ACTED_ON.contains(name)) {
                faults.add(
                    "%s.%s is not a property of %s; the nearest is %s"
                        .formatted(
                            id,
                            name,
                            resource.type(),
                            KnownProperties.nearest(name, KnownProperties.function())));
              }
            });
    if ("Image".equals(properties.get("PackageType"))) {
      kept.add(
          id + " (" + resource.type() + " with PackageType Image: only zip functions run here)");
      return Optional.empty();
    }
    Optional<Path> code = code(id, properties.get("CodeUri"));
    if (code.isEmpty()) {
      return Optional.empty();
    }
    if (!keptNames.isEmpty()) {
      kept.add(id + ": " + String.join(", ", keptNames));
    }
    EventReader events = new EventReader(id, faults, kept);
    return Optional.of(
        new Stack.Function(
            id,
            new FunctionConfiguration(
                resource.name(),
                required(id, properties, "Runtime"),
                required(id, properties, "Handler"),
                code.get(),
                whole(id, "Timeout", properties.get("Timeout"), 3, 1, 900),
                whole(id, "MemorySize", properties.get("MemorySize"), 128, 128, 10_240),
                whole(
                    id,
                    "EphemeralStorage.Size",
                    Template.asMap(properties.get("EphemeralStorage")).get("Size"),
                    512,
                    512,
                    10_240),
                architecture(id, properties.get("Architectures")),
                texts(Template.asMap(properties.get("Environment")).get("Variables")),
                concurrency(id, properties.get("ReservedConcurrentExecutions")),
                texts(properties.get("Tags")),
                new FunctionDetails(
                    String.valueOf(properties.getOrDefault("Description", "")),
                    "",
                    Optional.empty(),
                    events.deadLetter(properties.get("DeadLetterQueue")),
                    Map.of()),
                events.config(properties.get("EventInvokeConfig")))));
  }

  private Optional<Path> code(String id, Object uri) {
    if (uri instanceof Map || String.valueOf(uri).startsWith("s3://")) {
      kept.add(id + " (its code is in S3: only local code runs here)");
      return Optional.empty();
    }
    if (uri == null) {
      faults.add(id + ".CodeUri is missing; give the path of a zip file or a folder");
      return Optional.empty();
    }
    Path path = template.folder().resolve(String.valueOf(uri)).normalize();
    if (!Files.exists(path)) {
      faults.add(
          id, "CodeUri", uri, path + " does not exist; build it first (mvn package, or make run)");
      return Optional.empty();
    }
    return Optional.of(path);
  }

  private String required(String id, Map<String, Object> properties, String name) {
    Object value = properties.get(name);
    if (value == null || String.valueOf(value).isBlank()) {
      faults.add(id + "." + name + " is missing; a zip function needs it");
      return "";
    }
    return String.valueOf(value);
  }

  private int whole(String id, String name, Object value, int standard, int least, int most) {
    if (value == null) {
      return standard;
    }
    String text = String.valueOf(value);
    if (text.matches("[0-9]{1,6}")) {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    }
    faults.add(id, name, value, "it must be a whole number, " + least + " to " + most);
    return standard;
  }

  private String architecture(String id, Object value) {
    Object first = value instanceof List<?> list && list.size() == 1 ? list.getFirst() : value;
    String name = first == null ? "x86_64" : String.valueOf(first);
    if (!ARCHITECTURES.contains(name)) {
      faults.add(id, "Architectures", value, "it must be [x86_64] or [arm64]");
    }
    return name;
  }

  private OptionalInt concurrency(String id, Object value) {
    return value == null
        ? OptionalInt.empty()
        : OptionalInt.of(whole(id, "ReservedConcurrentExecutions", value, 1, 0, 1_000_000));
  }

  static Map<String, String> texts(Object map) {
    Map<String, String> texts = new LinkedHashMap<>();
    Template.asMap(map).forEach((name, value) -> texts.put(name, String.valueOf(value)));
    return texts;
  }
}
