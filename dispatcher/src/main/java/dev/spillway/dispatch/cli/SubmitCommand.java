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
import java.util.List;
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

  @Override
  public Integer call() {
    JsonNode answer = client.api().post("/tasks", document(read(file)));
    print(answer, client, spec);
    return 0;
  }

  static void print(JsonNode answer, ClientOptions client, CommandSpec spec) {
    var out = spec.commandLine().getOut();
    if (client.json) {
      out.println(answer.toPrettyString());
      out.flush();
      return;
    }
    List<TaskView> tasks = new ArrayList<>();
    if (answer.has("tasks")) {
      answer.path("tasks").forEach(task -> tasks.add(new TaskView(task)));
    } else {
      tasks.add(new TaskView(answer));
    }
    if (client.quiet) {
      tasks.forEach(task -> out.println(task.id()));
      out.flush();
      return;
    }
    Instant now = Instant.now();
    client.table().print(out, TaskView.HEADER, tasks.stream().map(task -> task.row(now)).toList());
  }

  private static byte[] read(String file) {
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
