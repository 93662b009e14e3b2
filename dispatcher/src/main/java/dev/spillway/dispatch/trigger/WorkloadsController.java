package dev.spillway.dispatch.trigger;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.task.TaskAnswer;
import dev.spillway.dispatch.task.TaskService;
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

/** The registered workloads, as their documents would read. */
@Controller("/workloads")
@ExecuteOn(TaskExecutors.BLOCKING)
@Produces(MediaType.ALL)
public class WorkloadsController {
  private final TaskService tasks;

  public WorkloadsController(TaskService tasks) {
    this.tasks = tasks;
  }

  @Get
  public HttpResponse<byte[]> list(HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          ObjectNode body = JsonNodeFactory.instance.objectNode();
          ArrayNode list = body.putArray("workloads");
          tasks.workloads().forEach(w -> list.add(TaskAnswer.of(w)));
          return Answers.json(HttpStatus.OK, body);
        });
  }

  @Get("/{name}")
  public HttpResponse<byte[]> get(@PathVariable String name, HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          return Answers.json(HttpStatus.OK, TaskAnswer.of(tasks.workload(name)));
        });
  }
}
