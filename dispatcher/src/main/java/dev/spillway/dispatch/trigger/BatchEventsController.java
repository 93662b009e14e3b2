package dev.spillway.dispatch.trigger;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.spillway.dispatch.aws.SdkBatchGateway;
import dev.spillway.dispatch.task.RefusedException;
import io.micronaut.context.annotation.Requires;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;

/**
 * Takes what EventBridge tells of jobs in AWS, so that an end is known before the next poll.
 *
 * <p>Shape: the envelope as EventBridge delivers it; events may come twice, late and in any order.
 * An event of another kind, or of a job of nobody here, changes nothing. <br>
 * Errors: 400 ValidationException for what is no JSON. <br>
 * Source: Amazon EventBridge, Batch Job State Change.
 */
@Controller("/batch/events")
@Requires(beans = SdkBatchGateway.class)
@ExecuteOn(TaskExecutors.BLOCKING)
@Consumes(MediaType.ALL)
@Produces(MediaType.ALL)
public class BatchEventsController {
  private final SdkBatchGateway batch;

  public BatchEventsController(SdkBatchGateway batch) {
    this.batch = batch;
  }

  /** One event; the answer says whether it was one of a job. */
  @Post
  public HttpResponse<byte[]> receive(HttpRequest<byte[]> request) {
    return Answers.guarded(
        () -> {
          Query.of(request.getParameters());
          return Answers.json(
              HttpStatus.OK, JsonNodeFactory.instance.objectNode().put("taken", taken(request)));
        });
  }

  private boolean taken(HttpRequest<byte[]> request) {
    byte[] event = request.getBody().orElse(new byte[0]);
    try {
      return batch.receive(event);
    } catch (IllegalArgumentException e) {
      throw RefusedException.invalid(
          "body", "", e.getMessage() + " Send EventBridge's envelope of a Batch Job State Change.");
    }
  }
}
