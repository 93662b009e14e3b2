package dev.spillway.batch.api;

import io.micronaut.http.sse.Event;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.FluxSink;

/** Who reads a stream of server-sent events, as fast as it can. */
final class StreamReader {
  private final FluxSink<Event<String>> sink;
  private final Semaphore bell = new Semaphore(0);
  private long toldAt = System.nanoTime();

  StreamReader(FluxSink<Event<String>> sink) {
    this.sink = sink;
    sink.onRequest(_ -> bell.release());
    sink.onDispose(bell::release);
  }

  /** There is news, the reader asks for more, or it has gone. */
  void wake() {
    bell.release();
  }

  void sleepsFromNow() {
    bell.drainPermits();
  }

  void sleep(Duration most) throws InterruptedException {
    bell.tryAcquire(most.toSeconds(), TimeUnit.SECONDS);
  }

  /** Waits until the reader asks for more. */
  void take(Event<String> event) throws InterruptedException {
    while (sink.requestedFromDownstream() == 0 && !sink.isCancelled()) {
      sleep(Duration.ofSeconds(1));
    }
    if (!sink.isCancelled()) {
      sink.next(event);
      toldAt = System.nanoTime();
    }
  }

  void comment(String text) throws InterruptedException {
    take(Event.of("").comment(text));
  }

  boolean heardNothing(Duration since) {
    return System.nanoTime() - toldAt >= since.toNanos();
  }
}
