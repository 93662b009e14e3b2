package dev.spillway.dispatch.trigger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.task.ArrayAnswer;
import dev.spillway.dispatch.task.DocumentReader;
import dev.spillway.dispatch.task.RefusedException;
import dev.spillway.dispatch.task.Stories;
import dev.spillway.dispatch.task.Task;
import dev.spillway.dispatch.task.TaskAnswer;
import dev.spillway.dispatch.task.TaskResult;
import dev.spillway.dispatch.task.TaskService;
import dev.spillway.dispatch.task.TaskStore;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Error;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.exceptions.ContentLengthExceededException;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Tasks over HTTP.
 *
 * <p>Shape: JSON or YAML in, as raw bytes, so that malformed input is answered here; JSON out.<br>
 * Errors: AWS's shape with {@code field}, {@code value} and all faults in {@code errors[]}.
 */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
@Consumes(MediaType.ALL)
@Produces(MediaType.ALL)
public class TasksController {
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(25);
  private static final int MOST_RESULTS = 1_000;
  private static final int DEFAULT_RESULTS = 100;
  private static final int MOST_REASON = 1_024;
  private static final int SHOWN_PAYLOAD = 64 * 1024;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final TaskService tasks;

  public TasksController(TaskService tasks) {
    this.tasks = tasks;
  }

  @Post("/tasks")
  public HttpResponse<byte[]> submit(HttpRequest<byte[]> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          TaskService.Accepted accepted =
              tasks.submit(
                  document(request),
                  Optional.ofNullable(request.getHeaders().get("Idempotency-Key")));
          return accepted.many() ? many(accepted) : one(accepted);
        });
  }

  private static MutableHttpResponse<byte[]> one(TaskService.Accepted accepted) {
    Task task = accepted.tasks().getFirst();
    return replayed(accepted, TaskAnswer.of(task)).header("Location", "/tasks/" + task.taskId());
  }

  private static MutableHttpResponse<byte[]> many(TaskService.Accepted accepted) {
    ObjectNode body = NODES.objectNode();
    ArrayNode list = body.putArray("tasks");
    accepted.tasks().forEach(task -> list.add(TaskAnswer.of(task)));
    return replayed(accepted, body).header("Location", "/tasks");
  }

  private static MutableHttpResponse<byte[]> replayed(
      TaskService.Accepted accepted, JsonNode body) {
    return accepted.replayed()
        ? Answers.json(HttpStatus.OK, body).header("Idempotency-Replayed", "true")
        : Answers.json(HttpStatus.ACCEPTED, body);
  }

  @Post("/tasks:plan")
  public HttpResponse<byte[]> plan(HttpRequest<byte[]> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          JsonNode document = document(request);
          return Answers.json(
              HttpStatus.OK,
              TaskAnswer.plans(tasks.plan(document), document.has("tasks"), tasks.prices()));
        });
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
          List<String> lines = Stories.tell(task, tasks::title, tasks.now());
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

  @Post("/tasks/{id}:cancel")
  public HttpResponse<byte[]> cancel(@PathVariable String id, HttpRequest<byte[]> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          String reason = reason(document(request));
          return tasks
              .cancel(id, reason)
              .map(task -> Answers.json(HttpStatus.ACCEPTED, TaskAnswer.of(task)))
              .orElseGet(() -> Answers.json(HttpStatus.OK, TaskAnswer.of(tasks.find(id))));
        });
  }

  @Post("/tasks/{id}:rerun")
  public HttpResponse<byte[]> rerun(@PathVariable String id, HttpRequest<byte[]> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          boolean failedOnly =
              request.getBody().map(b -> b.length).orElse(0) > 0 && failedOnly(document(request));
          return tasks
              .rerun(
                  id, failedOnly, Optional.ofNullable(request.getHeaders().get("Idempotency-Key")))
              .map(TasksController::one)
              .orElseGet(() -> Answers.json(HttpStatus.OK, TaskAnswer.of(tasks.find(id))));
        });
  }

  private static boolean failedOnly(JsonNode body) {
    JsonNode failedOnly = body.path("failedOnly");
    boolean empty = body.isObject() && body.isEmpty();
    boolean alone = body.isObject() && body.size() == 1 && failedOnly.isBoolean();
    if (!empty && !alone) {
      throw RefusedException.invalid(
          "failedOnly",
          "",
          "failedOnly: send {\"failedOnly\": true} or {\"failedOnly\": false}, and nothing beside it.");
    }
    return failedOnly.booleanValue();
  }

  private static String reason(JsonNode body) {
    JsonNode reason = body.path("reason");
    boolean alone = body.isObject() && body.size() == 1;
    if (!alone
        || !reason.isTextual()
        || reason.textValue().isBlank()
        || reason.textValue().length() > MOST_REASON) {
      throw RefusedException.invalid(
          "reason",
          "",
          "reason: send {\"reason\": \"…\"} with 1 to 1,024 characters, and nothing beside it.");
    }
    return reason.textValue();
  }

  /** The body as a tree, by its content type. */
  private static JsonNode document(HttpRequest<byte[]> request) {
    byte[] body = request.getBody().orElse(new byte[0]);
    String type =
        Optional.ofNullable(request.getHeaders().get("Content-Type"))
            .map(t -> t.split(";", -1)[0].strip().toLowerCase(Locale.ROOT))
            .orElse("");
    return switch (type) {
      case "application/json", "" -> DocumentReader.json(body);
      case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml" ->
          DocumentReader.yaml(body);
      default ->
          throw new RefusedException(
              RefusedException.Kind.MEDIA_TYPE,
              "Content-Type "
                  + (type.length() > 100 ? type.substring(0, 100) : type)
                  + " is not read. Send application/json or application/yaml.");
    };
  }

  /** A body over the server's limit never reaches a method. */
  @Error(exception = ContentLengthExceededException.class)
  public HttpResponse<byte[]> tooLarge(ContentLengthExceededException e) {
    return Answers.guarded(
        () -> {
          throw new RefusedException(
              RefusedException.Kind.TOO_LARGE,
              e.getMessage() + " Put payloads into S3 and give payloadS3Uri.");
        });
  }
}
