package dev.spillway.dispatch.trigger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.task.RefusedException;
import dev.spillway.dispatch.task.Task;
import dev.spillway.dispatch.task.TaskAnswer;
import dev.spillway.dispatch.task.TaskLookup;
import dev.spillway.dispatch.task.TaskRequests;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Error;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.exceptions.ContentLengthExceededException;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.Optional;

/**
 * What callers ask of tasks over HTTP; {@link TaskLookupController} shows them.
 *
 * <p>Shape: JSON or YAML in, as raw bytes, so that malformed input is answered here; JSON out.<br>
 * Errors: AWS's shape with {@code field}, {@code value} and all faults in {@code errors[]}.
 */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
@Consumes(MediaType.ALL)
@Produces(MediaType.ALL)
public class TasksController {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final TaskRequests requests;
  private final TaskLookup lookup;

  public TasksController(TaskRequests requests, TaskLookup lookup) {
    this.requests = requests;
    this.lookup = lookup;
  }

  @Post("/tasks")
  public HttpResponse<byte[]> submit(HttpRequest<byte[]> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          TaskRequests.Accepted accepted =
              requests.submit(
                  RequestBody.document(request),
                  Optional.ofNullable(request.getHeaders().get("Idempotency-Key")));
          return accepted.many() ? many(accepted) : one(accepted);
        });
  }

  private static MutableHttpResponse<byte[]> one(TaskRequests.Accepted accepted) {
    Task task = accepted.tasks().getFirst();
    return replayed(accepted, TaskAnswer.of(task)).header("Location", "/tasks/" + task.taskId());
  }

  private static MutableHttpResponse<byte[]> many(TaskRequests.Accepted accepted) {
    ObjectNode body = NODES.objectNode();
    ArrayNode list = body.putArray("tasks");
    accepted.tasks().forEach(task -> list.add(TaskAnswer.of(task)));
    return replayed(accepted, body).header("Location", "/tasks");
  }

  private static MutableHttpResponse<byte[]> replayed(
      TaskRequests.Accepted accepted, JsonNode body) {
    return accepted.replayed()
        ? Answers.json(HttpStatus.OK, body).header("Idempotency-Replayed", "true")
        : Answers.json(HttpStatus.ACCEPTED, body);
  }

  @Post("/tasks:plan")
  public HttpResponse<byte[]> plan(HttpRequest<byte[]> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          return Answers.json(
              HttpStatus.OK, TaskAnswer.plans(requests.plan(RequestBody.document(request))));
        });
  }

  @Post("/tasks/{id}:cancel")
  public HttpResponse<byte[]> cancel(@PathVariable String id, HttpRequest<byte[]> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          return requests
              .cancel(id, RequestBody.reason(request))
              .map(task -> Answers.json(HttpStatus.ACCEPTED, TaskAnswer.of(task)))
              .orElseGet(() -> Answers.json(HttpStatus.OK, TaskAnswer.of(lookup.find(id))));
        });
  }

  @Post("/tasks/{id}:rerun")
  public HttpResponse<byte[]> rerun(@PathVariable String id, HttpRequest<byte[]> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          return requests
              .rerun(
                  id,
                  RequestBody.failedOnly(request),
                  Optional.ofNullable(request.getHeaders().get("Idempotency-Key")))
              .map(TasksController::one)
              .orElseGet(() -> Answers.json(HttpStatus.OK, TaskAnswer.of(lookup.find(id))));
        });
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
