package dev.spillway.dispatch.stack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.stack.Stack.BatchResource;
import dev.spillway.dispatch.stack.Template.Resource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A template's resources to what is to run here: functions, Batch resources, workloads, routes. */
public final class StackReader {
  static final String DISPATCH_TAG = "spillway:dispatch";

  private static final Map<String, Route> ROUTE_OF_TYPE =
      Map.of(
          "SPOT", Route.BATCH_SPOT,
          "EC2", Route.BATCH_EC2,
          "FARGATE", Route.BATCH_FARGATE,
          "FARGATE_SPOT", Route.BATCH_FARGATE_SPOT);

  private final Template template;
  private final boolean images;
  private final Faults faults = new Faults();
  private final List<String> kept = new ArrayList<>();
  private final Map<String, Integer> keptTypes = new TreeMap<>();
  private final List<Stack.Function> functions = new ArrayList<>();
  private final List<BatchResource> environments = new ArrayList<>();
  private final List<BatchResource> jobQueues = new ArrayList<>();
  private final List<BatchResource> definitions = new ArrayList<>();

  private StackReader(Template template, boolean images) {
    this.template = template;
    this.images = images;
  }

  /**
   * Reads all resources, for a place where no function runs as a container.
   *
   * @throws TemplateException with every fault found
   */
  public static Stack read(Template template) {
    return read(template, false);
  }

  /**
   * Reads all resources.
   *
   * @param images whether functions of package type Image can run
   * @throws TemplateException with every fault found
   */
  public static Stack read(Template template, boolean images) {
    return new StackReader(template, images).read();
  }

  private Stack read() {
    FunctionReader functionReader = new FunctionReader(template, images, faults, kept);
    WorkloadReader workloadReader = new WorkloadReader(faults, kept);
    for (Resource resource : template.resources()) {
      switch (resource.type()) {
        case "AWS::Serverless::Function" ->
            functionReader
                .read(resource)
                .ifPresent(
                    function -> {
                      functions.add(function);
                      workloadReader.function(resource, function.configuration());
                    });
        case "AWS::Batch::ComputeEnvironment" -> environments.add(batch(resource));
        case "AWS::Batch::JobQueue" -> jobQueues.add(batch(resource));
        case "AWS::Batch::JobDefinition" -> {
          BatchResource definition = batch(resource);
          definitions.add(definition);
          workloadReader.definition(resource, definition.request());
        }
        default -> keptTypes.merge(resource.type(), 1, Integer::sum);
      }
    }
    keptTypes.forEach((type, count) -> kept.add(count + " " + type));
    Stack stack =
        new Stack(
            template.file(),
            List.copyOf(functions),
            List.copyOf(environments),
            List.copyOf(jobQueues),
            List.copyOf(definitions),
            workloadReader.workloads(),
            routes(),
            List.copyOf(kept));
    if (!faults.none()) {
      throw new TemplateException(template.file(), faults.all());
    }
    return stack;
  }

  private BatchResource batch(Resource resource) {
    String type = resource.type();
    ObjectNode request =
        new BatchRequests(faults, resource.logicalId()).object(type, resource.properties(), "");
    request.put(nameMember(type), resource.name());
    resource.properties().keySet().stream()
        .filter(KnownProperties.BATCH_KEPT::contains)
        .forEach(name -> kept.add(resource.logicalId() + ": " + name));
    return new BatchResource(resource.logicalId(), resource.name(), request);
  }

  private static String nameMember(String type) {
    return switch (type) {
      case "AWS::Batch::ComputeEnvironment" -> "computeEnvironmentName";
      case "AWS::Batch::JobQueue" -> "jobQueueName";
      case "AWS::Batch::JobDefinition" -> "jobDefinitionName";
      default -> throw new IllegalArgumentException(type);
    };
  }

  /** A tagged queue is a route of the kind of its first environment. */
  private List<BatchQueue> routes() {
    List<BatchQueue> routes = new ArrayList<>();
    for (BatchResource queue : jobQueues) {
      if (queue.request().path("tags").path(DISPATCH_TAG).asText().equals("true")) {
        route(queue).ifPresent(routes::add);
      }
    }
    routes.sort(
        Comparator.comparingInt(BatchQueue::priority).reversed().thenComparing(BatchQueue::name));
    return List.copyOf(routes);
  }

  private Optional<BatchQueue> route(BatchResource queue) {
    Optional<JsonNode> first = Optional.empty();
    for (JsonNode entry : queue.request().path("computeEnvironmentOrder")) {
      if (first.isEmpty() || entry.path("order").asInt() < first.get().path("order").asInt()) {
        first = Optional.of(entry);
      }
    }
    String reference = first.map(entry -> entry.path("computeEnvironment").asText()).orElse("none");
    Optional<BatchResource> environment =
        environments.stream()
            .filter(e -> reference.equals(e.name()) || reference.endsWith("/" + e.name()))
            .findFirst();
    if (environment.isEmpty()) {
      faults.add(
          queue.logicalId(),
          "ComputeEnvironmentOrder",
          reference,
          "a queue tagged " + DISPATCH_TAG + " needs an environment of this template");
      return Optional.empty();
    }
    JsonNode resources = environment.get().request().path("computeResources");
    Route route = ROUTE_OF_TYPE.get(resources.path("type").asText());
    if (route == null) {
      faults.add(
          environment.get().logicalId(),
          "ComputeResources.Type",
          resources.path("type").asText("missing"),
          "it must be one of EC2, SPOT, FARGATE, FARGATE_SPOT");
      return Optional.empty();
    }
    return Optional.of(
        new BatchQueue(
            queue.name(),
            route,
            queue.request().path("priority").asInt(),
            resources.path("maxvCpus").asInt(),
            texts(resources.path("instanceTypes")),
            Load.UNKNOWN));
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(node -> texts.add(node.asText()));
    return texts;
  }
}
