package dev.spillway.batch.api;

import dev.spillway.batch.Arns;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.engine.EngineBusyException;
import dev.spillway.batch.engine.JobEventBus;
import dev.spillway.batch.events.BatchEvent;
import dev.spillway.batch.events.EventEnvelope;
import dev.spillway.batch.events.EventFeed;
import dev.spillway.batch.job.JobDetail;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * The events of jobs and queues as a stream of server-sent events: {@code GET /batch/events}.
 *
 * <p>Shape: {@code id} is the event's sequence, {@code data} its EventBridge envelope. A reader
 * that comes back with {@code Last-Event-ID} (or {@code lastEventId} in the query) misses nothing
 * for as long as ended jobs are kept; without one it gets what happens from now on. <br>
 * A page is read when the reader has taken the one before, so that a slow one costs nobody
 * anything. <br>
 * Errors: 400 in AWS's shape.
 */
@Requires(beans = BatchSettings.class)
@Controller("/batch/events")
public class EventsController {
  private static final int PAGE = 200;
  private static final Duration QUIET = Duration.ofSeconds(15);

  private final EngineAccess engine;
  private final JobEventBus bus;
  private final Arns arns;
  private final EventEnvelope envelope;

  public EventsController(EngineAccess engine, JobEventBus bus, BatchSettings settings) {
    this.engine = engine;
    this.bus = bus;
    this.arns = Arns.of(settings);
    this.envelope = new EventEnvelope(arns);
  }

  /** From {@code Last-Event-ID} on, or from now. */
  @Get
  @Produces(MediaType.TEXT_EVENT_STREAM)
  public Publisher<Event<String>> events(
      @Nullable @Header("Last-Event-ID") String lastEventId,
      @Nullable @QueryValue("lastEventId") String from,
      @Nullable @QueryValue String jobQueue,
      @Nullable @QueryValue String status,
      @Nullable @QueryValue("detail-type") String detailType) {
    EventFilter filter = EventFilter.of(jobQueue, status, detailType, arns);
    String given = lastEventId != null ? lastEventId : from;
    long last = engine.view().lastSequence();
    long cursor = given == null ? last : sequence(given, last);
    return Flux.create(
        sink -> Thread.ofVirtual().name("event-stream").start(() -> follow(sink, cursor, filter)));
  }

  private static long sequence(String text, long last) {
    if (!text.matches("[0-9]{1,18}")) {
      throw BatchApiException.client(
          "Last-Event-ID is %s; it should be the id of an event that this stream gave."
              .formatted(text));
    }
    long sequence = Long.parseLong(text);
    if (sequence > last) {
      throw BatchApiException.client(
          "Last-Event-ID is %d, and the last event here is %d: that id is of another store. Leave it out to begin now, or give 0 to begin at the first event kept."
              .formatted(sequence, last));
    }
    return sequence;
  }

  private void follow(FluxSink<Event<String>> sink, long from, EventFilter filter) {
    var reader = new StreamReader(sink);
    try (AutoCloseable _ = bus.subscribe(_ -> reader.wake())) {
      reader.comment("events"); // so that the reader knows at once that it is heard
      long cursor = from;
      while (!sink.isCancelled()) {
        reader.sleepsFromNow();
        List<BatchEvent> page = new EventFeed(engine.journal()).after(cursor, PAGE);
        if (!page.isEmpty()) {
          tell(reader, page.stream().filter(filter::wants).toList());
          cursor = page.getLast().sequence();
        }
        if (reader.heardNothing(QUIET)) {
          reader.comment("quiet");
        }
        if (page.isEmpty()) {
          reader.sleep(QUIET);
        }
      }
    } catch (EngineBusyException _) {
      sink.complete(); // the server stops; the reader comes back with its last id
    } catch (Exception e) {
      sink.error(e);
    }
  }

  private void tell(StreamReader reader, List<BatchEvent> events) throws InterruptedException {
    Map<String, JobDetail> details =
        engine.journal().details(events.stream().map(e -> e.job().id()).toList());
    for (BatchEvent event : events) {
      JobDetail kept = details.get(event.job().id());
      if (kept != null) { // else it was forgotten just now
        reader.take(
            Event.of(envelope.of(event, kept).toString())
                .id(Long.toString(event.sequence()))
                .name(
                    event.type() == BatchEvent.Type.QUEUE_BLOCKED
                        ? "queue-blocked"
                        : "job-state-change"));
      }
    }
  }

  /** What was asked for wrongly. */
  @Error(exception = BatchApiException.class)
  @Produces(MediaType.APPLICATION_JSON)
  public HttpResponse<String> refused(BatchApiException e) {
    return e.answer();
  }
}
