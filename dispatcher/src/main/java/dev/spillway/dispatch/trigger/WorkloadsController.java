package dev.spillway.dispatch.trigger;

import dev.spillway.dispatch.task.Learnt;
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
  private final Learnt learnt;

  public WorkloadsController(Learnt learnt) {
    this.learnt = learnt;
  }

  @Get
  public HttpResponse<byte[]> list(HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          return Answers.json(HttpStatus.OK, WorkloadAnswer.all(learnt));
        });
  }

  @Get("/{name}")
  public HttpResponse<byte[]> get(@PathVariable String name, HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          return Answers.json(HttpStatus.OK, WorkloadAnswer.one(learnt, name));
        });
  }

  /** Forgets what was learnt of it: its next task is planned as its first. */
  @Post("/{name}:reset")
  public HttpResponse<byte[]> reset(@PathVariable String name, HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          return Answers.json(HttpStatus.OK, WorkloadAnswer.of(learnt.forget(name)));
        });
  }
}
