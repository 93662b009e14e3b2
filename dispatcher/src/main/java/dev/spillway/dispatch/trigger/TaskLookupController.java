package dev.spillway.dispatch.trigger;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.task.ArrayAnswer;
import dev.spillway.dispatch.task.DocumentReader;
import dev.spillway.dispatch.task.RefusedException;
import dev.spillway.dispatch.task.Task;
import dev.spillway.dispatch.task.TaskAnswer;
import dev.spillway.dispatch.task.TaskLookup;
import dev.spillway.dispatch.task.TaskResult;
import dev.spillway.dispatch.task.TaskStore;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What is known of tasks, over HTTP. */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
@Produces(MediaType.ALL)
public class TaskLookupController {
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(25);
  private static final int MOST_RESULTS = 1_000;
  private static final int DEFAULT_RESULTS = 100;
  private static final int SHOWN_PAYLOAD = 64 * 1024;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final TaskLookup tasks;

  public TaskLookupController(TaskLookup tasks) {
    this.tasks = tasks;
  }

  @Get("/tasks")
  public HttpResponse<byte[]> list(HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query query =
              Query.of(
                  request.getParameters(),
                  "status",
                  "workload",
                  "route",
                  "tag.*",
                  "after",
                  "before",
                  "maxResults",
                  "nextToken");
          TaskStore.Page page =
              tasks.list(
                  query.filter(),
                  query.text("nextToken"),
                  query.whole("maxResults", 1, MOST_RESULTS, DEFAULT_RESULTS));
          return Answers.json(HttpStatus.OK, page(page));
        });
  }

  @Get("/tasks/{id}")
  public HttpResponse<byte[]> get(@PathVariable String id, HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Optional<Duration> wait =
              Query.of(request.getParameters(), "wait").duration("wait", LONGEST_WAIT);
          Task task = wait.map(most -> tasks.await(id, most)).orElseGet(() -> tasks.find(id));
          ObjectNode body = TaskAnswer.of(task);
          if (task.array().isPresent()) {
            ArrayAnswer.counts(body, tasks.childCounts(task));
          }
          tasks
              .payload(task)
              .filter(bytes -> bytes.length <= SHOWN_PAYLOAD)
              .ifPresent(bytes -> body.set("payload", DocumentReader.json(bytes)));
          return Answers.json(HttpStatus.OK, body);
        });
  }

  @Get("/tasks/{id}/explain")
  public HttpResponse<byte[]> explain(@PathVariable String id, HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          Task task = tasks.find(id);
          List<String> lines = tasks.story(task);
          String accept = String.valueOf(request.getHeaders().get("Accept"));
          if (!accept.contains(MediaType.APPLICATION_JSON)) {
            return Answers.text(String.join("\n", lines) + "\n");
          }
          ObjectNode body =
              NODES.objectNode().put("taskId", task.taskId()).put("status", task.status().name());
          lines.forEach(body.putArray("sentences")::add);
          body.set("plan", TaskAnswer.of(task).get("plan"));
          return Answers.json(HttpStatus.OK, body);
        });
  }

  @Get("/tasks/{id}/result")
  public HttpResponse<byte[]> result(@PathVariable String id, HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          Task task = tasks.find(id);
          if (task.array().isPresent()) {
            throw new RefusedException(
                RefusedException.Kind.CONFLICT,
                "Task "
                    + task.taskId()
                    + " is an array: each child has a result of its own. GET /tasks/"
                    + task.taskId()
                    + ":0/result, or GET /tasks/"
                    + task.taskId()
                    + "/children for all.");
          }
          TaskResult result =
              task.result()
                  .orElseThrow(
                      () ->
                          new RefusedException(
                              RefusedException.Kind.CONFLICT,
                              "Task "
                                  + task.taskId()
                                  + " is "
                                  + task.status()
                                  + " and has no result"
                                  + (task.status().terminal()
                                      ? "; GET /tasks/" + task.taskId() + "/explain says why."
                                      : " yet. Wait for its end with ?wait=PT20S on the task.")));
          return result
              .json()
              .map(text -> Answers.json(HttpStatus.OK, DocumentReader.json(text)))
              .orElseGet(
                  () ->
                      Answers.json(
                          HttpStatus.OK,
                          NODES.objectNode().put("resultS3Uri", result.s3Uri().orElseThrow())));
        });
  }

  @Get("/tasks/{id}/children")
  public HttpResponse<byte[]> children(@PathVariable String id, HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query query = Query.of(request.getParameters(), "status", "maxResults", "nextToken");
          TaskStore.Page page =
              tasks.children(
                  tasks.find(id),
                  query.filter().statuses(),
                  query.text("nextToken"),
                  query.whole("maxResults", 1, MOST_RESULTS, DEFAULT_RESULTS));
          return Answers.json(HttpStatus.OK, page(page));
        });
  }

  private static ObjectNode page(TaskStore.Page page) {
    ObjectNode body = NODES.objectNode();
    ArrayNode list = body.putArray("tasks");
    page.tasks().forEach(task -> list.add(TaskAnswer.of(task)));
    page.nextToken().ifPresent(token -> body.put("nextToken", token));
    return body;
  }
}
