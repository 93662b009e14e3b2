package dev.spillway.dispatch.stack;

import com.fasterxml.jackson.databind.ObjectMapper;
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

  private static final List<String> IMAGE_ONLY = List.of("ImageUri", "ImageConfig");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Template template;
  private final boolean images;
  private final Faults faults;
  private final List<String> kept;

  /**
   * Reads one template's functions.
   *
   * @param images whether functions of package type Image can run
   */
  FunctionReader(Template template, boolean images, Faults faults, List<String> kept) {
    this.images = images;
    this.template = template;
    this.faults = faults;
    this.kept = kept;
  }

  /** Empty when it is kept only (an image where none runs, code that is elsewhere) or faulty. */
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
    boolean image = "Image".equals(properties.get("PackageType"));
    if (image && !images) {
      kept.add(
          id + " (" + resource.type() + " with PackageType Image: no Docker engine runs it here)");
      return Optional.empty();
    }
    Optional<Path> code =
        image ? Optional.of(template.folder()) : code(id, properties.get("CodeUri"));
    if (code.isEmpty()) {
      return Optional.empty();
    }
    if (!image) {
      // They mean nothing to a zip function.
      IMAGE_ONLY.stream().filter(properties::containsKey).forEach(keptNames::add);
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
                image ? "" : required(id, properties, "Runtime"),
                image ? "" : required(id, properties, "Handler"),
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
                    image ? Optional.of(imageUri(id, properties)) : Optional.empty(),
                    events.deadLetter(properties.get("DeadLetterQueue")),
                    image ? imageConfig(properties) : Map.of()),
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

  private String imageUri(String id, Map<String, Object> properties) {
    Object uri = properties.get("ImageUri");
    if (uri == null || String.valueOf(uri).isBlank()) {
      faults.add(id + ".ImageUri is missing; a function of PackageType Image needs it");
      return "";
    }
    return String.valueOf(uri);
  }

  /** As the API takes it. */
  private static Map<String, String> imageConfig(Map<String, Object> properties) {
    Map<String, Object> config = Template.asMap(properties.get("ImageConfig"));
    return config.isEmpty() ? Map.of() : Map.of("ImageConfig", JSON.valueToTree(config).toString());
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
