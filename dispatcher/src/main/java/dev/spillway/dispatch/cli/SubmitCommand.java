package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends a file of tasks; all of them are taken, or none. */
@Command(
    name = "submit",
    description = "Submit the tasks of a YAML or JSON file.",
    mixinStandardHelpOptions = true)
final class SubmitCommand implements Callable<Integer> {
  @Mixin ClientOptions client;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "Task documents; - reads standard input.")
  String file;

  private static final List<String> HEADER =
      List.of("TASK", "NAME", "ROUTE", "EXPECTED", "COST", "STATUS");

  @Override
  public Integer call() {
    JsonNode answer = client.api().post("/tasks", document(read(file)));
    if (client.json || client.quiet) {
      print(answer, client, spec);
      return 0;
    }
    List<TaskView> tasks = tasks(answer);
    Map<String, String> names = new HashMap<>();
    tasks.forEach(task -> names.put(task.id(), task.name()));
    var out = spec.commandLine().getOut();
    client.table().print(out, HEADER, tasks.stream().map(task -> row(task, names)).toList());
    if (client.verbose) {
      tasks.stream()
          .flatMap(task -> new PlanView(task.task()).prices().stream())
          .distinct()
          .forEach(out::println);
      out.flush();
    }
    return 0;
  }

  private static List<String> row(TaskView task, Map<String, String> names) {
    var plan = new PlanView(task.task());
    List<String> waiting = new ArrayList<>();
    task.task()
        .path("waitingFor")
        .forEach(id -> waiting.add(names.getOrDefault(id.asText(), TaskView.shortId(id.asText()))));
    return List.of(
        task.shortId(),
        task.name(),
        task.route(),
        plan.expected(),
        plan.cost(),
        task.status() + (waiting.isEmpty() ? "" : "  waits for " + String.join(", ", waiting)));
  }

  /** The tasks of an answer. */
  static List<TaskView> tasks(JsonNode answer) {
    List<TaskView> tasks = new ArrayList<>();
    if (answer.has("tasks")) {
      answer.path("tasks").forEach(task -> tasks.add(new TaskView(task)));
    } else {
      tasks.add(new TaskView(answer));
    }
    return tasks;
  }

  static void print(JsonNode answer, ClientOptions client, CommandSpec spec) {
    var out = spec.commandLine().getOut();
    if (client.json) {
      out.println(answer.toPrettyString());
    } else if (client.quiet) {
      tasks(answer).forEach(task -> out.println(task.id()));
    } else {
      Instant now = Instant.now();
      client
          .table()
          .print(
              out,
              TaskView.PAID_HEADER,
              tasks(answer).stream().map(task -> task.paidRow(now)).toList());
    }
    out.flush();
  }

  static byte[] read(String file) {
    try {
      return file.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
    } catch (IOException _) {
      throw new CommandFailure(CommandFailure.REFUSED, "The file " + file + " cannot be read.");
    }
  }

  /** One document as it is; several, and documents that are lists of tasks, as one list. */
  static JsonNode document(byte[] text) {
    List<JsonNode> documents = new ArrayList<>();
    try (MappingIterator<JsonNode> found =
        new YAMLMapper().readerFor(JsonNode.class).readValues(text)) {
      found.forEachRemaining(documents::add);
    } catch (IOException | RuntimeException e) {
      throw new CommandFailure(
          CommandFailure.REFUSED, "The document is neither YAML nor JSON: " + firstLine(e));
    }
    documents.removeIf(JsonNode::isNull);
    if (documents.size() == 1) {
      return documents.getFirst();
    }
    ArrayNode tasks = JsonNodeFactory.instance.arrayNode();
    for (JsonNode document : documents) {
      if (document.path("tasks").isArray()) {
        document.path("tasks").forEach(tasks::add);
      } else {
        tasks.add(document);
      }
    }
    if (tasks.isEmpty()) {
      throw new CommandFailure(CommandFailure.REFUSED, "The document holds no task.");
    }
    return JsonNodeFactory.instance.objectNode().set("tasks", tasks);
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
