package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.engine.EngineBusyException;
import dev.spillway.batch.logs.JobLogs;
import io.micronaut.context.annotation.Requires;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Error;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Header;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.sse.Event;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * What jobs write: {@code GET /batch/logs?jobId=}, and {@code /batch/logs/stream?jobId=} as
 * server-sent events until the attempt has ended.
 *
 * <p>Shape: lines with their times. The id of an event is the offset after its line, so that a
 * reader that comes back with {@code Last-Event-ID} misses nothing. A container of several is
 * {@code job#node}, {@code job/name} or {@code job#node/name}. <br>
 * Errors: 400 and 404 in AWS's shape.
 */
@Requires(beans = BatchSettings.class)
@Controller("/batch/logs")
@ExecuteOn(TaskExecutors.BLOCKING)
public class JobLogsController {
  private static final int LINES = 1_000;
  private static final Duration QUIET = Duration.ofSeconds(15);
  private static final Duration LOOK = Duration.ofMillis(200);

  private final JobLogs logs;

  public JobLogsController(JobLogs logs) {
    this.logs = logs;
  }

  /** Up to a thousand lines from {@code offset} on. */
  @Get
  @Produces(MediaType.APPLICATION_JSON)
  public String page(
      @QueryValue String jobId,
      @Nullable @QueryValue Integer attempt,
      @Nullable @QueryValue Long offset) {
    int number = attempt(jobId, attempt);
    JobLogs.Lines page = logs.lines(jobId, number, offset(offset), LINES);
    ObjectNode answer = Json.object().put("jobId", jobId).put("attempt", number);
    ArrayNode lines = answer.putArray("lines");
    page.lines().forEach(line -> lines.add(json(line)));
    return answer.put("nextOffset", page.nextOffset()).put("ended", page.ended()).toString();
  }

  /** From the beginning, from {@code offset}, or from {@code Last-Event-ID} on. */
  @Get("/stream")
  @Produces(MediaType.TEXT_EVENT_STREAM)
  public Publisher<Event<String>> stream(
      @QueryValue String jobId,
      @Nullable @QueryValue Integer attempt,
      @Nullable @QueryValue Long offset,
      @Nullable @Header("Last-Event-ID") Long lastEventId) {
    int number = attempt(jobId, attempt);
    long from = offset(lastEventId != null ? lastEventId : offset);
    return Flux.create(
        sink ->
            Thread.ofVirtual().name("log-stream").start(() -> follow(sink, jobId, number, from)));
  }

  private static long offset(@Nullable Long given) {
    if (given != null && given < 0) {
      throw BatchApiException.client(
          "offset is %d; it should be 0, or one that was answered before.".formatted(given));
    }
    return given == null ? 0 : given;
  }

  private int attempt(String jobId, @Nullable Integer asked) {
    int last = logs.lastAttempt(jobId);
    if (asked != null && asked < 1) {
      throw BatchApiException.client("attempt is %d; attempts count from 1.".formatted(asked));
    }
    if (last == 0 || asked != null && asked > last) {
      throw new BatchApiException(
          "ResourceNotFoundException",
          404,
          last == 0
              ? "Job %s is not here, or has not been placed yet.".formatted(jobId)
              : "Job %s has no attempt %d; its last one is %d.".formatted(jobId, asked, last));
    }
    return asked == null ? last : asked;
  }

  private void follow(FluxSink<Event<String>> sink, String jobId, int attempt, long from) {
    var reader = new StreamReader(sink);
    try {
      reader.comment("log of " + jobId + ", attempt " + attempt);
      long at = from;
      while (!sink.isCancelled()) {
        JobLogs.Lines page = logs.lines(jobId, attempt, at, LINES);
        for (JobLogs.Line line : page.lines()) {
          reader.take(Event.of(json(line).toString()).id(Long.toString(line.next())).name("log"));
        }
        at = page.nextOffset();
        if (page.ended()) {
          reader.take(Event.of("{}").id(Long.toString(at)).name("end"));
          sink.complete();
          return;
        }
        if (page.lines().isEmpty()) {
          Thread.sleep(LOOK);
        }
        if (reader.heardNothing(QUIET)) {
          reader.comment("quiet");
        }
      }
    } catch (EngineBusyException _) {
      sink.complete(); // the server stops; the reader comes back with its last id
    } catch (Exception e) {
      sink.error(e);
    }
  }

  private static ObjectNode json(JobLogs.Line line) {
    return Json.object().put("timestamp", line.time()).put("message", line.text());
  }

  /** What was asked for wrongly. */
  @Error(exception = BatchApiException.class)
  @Produces(MediaType.APPLICATION_JSON)
  public HttpResponse<String> refused(BatchApiException e) {
    return e.answer();
  }
}
