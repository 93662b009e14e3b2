package dev.spillway.dispatch.trigger;

import dev.spillway.dispatch.task.TaskService;
import dev.spillway.dispatch.task.WorkloadAnswer;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;

/** The registered workloads, what was learnt of them, and where they go now. */
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
          return Answers.json(HttpStatus.OK, WorkloadAnswer.all(tasks));
        });
  }

  @Get("/{name}")
  public HttpResponse<byte[]> get(@PathVariable String name, HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          return Answers.json(HttpStatus.OK, WorkloadAnswer.one(tasks, name));
        });
  }

  /** Forgets what was learnt of it: its next task is planned as its first. */
  @Post("/{name}:reset")
  public HttpResponse<byte[]> reset(@PathVariable String name, HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          return Answers.json(HttpStatus.OK, WorkloadAnswer.of(tasks.learnt().forget(name)));
        });
  }
}
