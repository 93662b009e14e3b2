package dev.spillway.lambda.async;

import dev.spillway.lambda.async.Ending.Kind;
import dev.spillway.lambda.async.Ending.Target;
import dev.spillway.lambda.function.Destination;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionName;
import dev.spillway.lambda.function.LambdaException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Tells one destination of the end of one event. A destination gets the invocation record, a dead
 * letter queue the event itself; the dispatcher gets what is a task document: the function's answer
 * after a success, the event after a failure.
 */
final class Delivery implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Source: AWS Lambda Developer Guide, recursive loop detection: about 16 rounds. */
  static final int HOPS_MAX = 16;

  private static final int MESSAGE_CHARACTERS = 1024;

  private final FunctionCatalogue catalogue;
  private final TaskInbox tasks;
  private final InstantSource clock;
  private final Supplier<String> ids;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();

  Delivery(
      FunctionCatalogue catalogue, TaskInbox tasks, InstantSource clock, Supplier<String> ids) {
    this.catalogue = catalogue;
    this.tasks = tasks;
    this.clock = clock;
    this.ids = ids;
  }

  sealed interface Told {
    /** It has it; an event for another function is to be stored. */
    record Yes(Optional<QueuedEvent> handedOn) implements Told {}

    /** Never: trying again would not help. */
    record Never(String why) implements Told {}

    /** Not now. */
    record Later(String why) implements Told {}
  }

  Told tell(Target target, QueuedEvent event, Ending ending) {
    Optional<Destination> destination = Destination.read(target.destination());
    if (destination.isEmpty()) {
      return new Told.Never("nobody here delivers to it");
    }
    return switch (destination.get()) {
      case Destination.ToFunction(String name) -> function(name, target, event, ending);
      case Destination.ToHttp(java.net.URI endpoint) -> http(endpoint, target, event, ending);
      case Destination.ToTasks() -> task(target, event, ending);
    };
  }

  private static byte[] content(Target target, QueuedEvent event, Ending ending) {
    return target.kind() == Kind.DEAD_LETTER ? event.payload() : ending.record(event);
  }

  private Told function(String name, Target target, QueuedEvent event, Ending ending) {
    if (event.hops() + 1 >= HOPS_MAX) {
      return new Told.Never("it came through " + HOPS_MAX + " destinations; this is a loop");
    }
    byte[] content = content(target, event, ending);
    if (content.length > AsyncInvocations.PAYLOAD_BYTES_MAX) {
      return new Told.Never("the record has " + content.length + " bytes, more than an event may");
    }
    try {
      FunctionName wanted = FunctionName.parse(name);
      catalogue.describe(name);
      return new Told.Yes(
          Optional.of(
              QueuedEvent.received(
                  ids.get(),
                  wanted.name(),
                  wanted.qualifier().orElse(FunctionName.LATEST),
                  content,
                  clock.instant(),
                  event.hops() + 1)));
    } catch (LambdaException e) {
      return new Told.Never(e.getMessage());
    }
  }

  private Told http(java.net.URI endpoint, Target target, QueuedEvent event, Ending ending) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(endpoint)
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .header("X-Amz-Request-Id", event.requestId())
            .POST(HttpRequest.BodyPublishers.ofByteArray(content(target, event, ending)));
    if (target.kind() == Kind.DEAD_LETTER) {
      // What SQS would carry as attributes of the message.
      request.header("ErrorCode", ending.response().isPresent() ? "200" : "429");
      request.header("ErrorMessage", message(ending));
    }
    try {
      int status = http.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
      return status >= 200 && status < 300
          ? new Told.Yes(Optional.empty())
          : new Told.Later("it answered " + status);
    } catch (IOException e) {
      return new Told.Later(e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Told.Later("interrupted");
    }
  }

  private static String message(Ending ending) {
    String text =
        ending
            .response()
            .map(answer -> answer.payload().path("errorMessage").asText(""))
            .filter(said -> !said.isEmpty())
            .orElse(ending.condition());
    String line = text.replaceAll("[^\\x20-\\x7e]+", " ").strip();
    return line.substring(0, Math.min(line.length(), MESSAGE_CHARACTERS));
  }

  private Told task(Target target, QueuedEvent event, Ending ending) {
    byte[] document =
        target.kind() == Kind.ON_SUCCESS
            ? ending.responsePayload().orElse(event.payload())
            : event.payload();
    try {
      return tasks
          .submit(document, event.requestId() + "-" + target.kind())
          .<Told>map(Told.Never::new)
          .orElseGet(() -> new Told.Yes(Optional.empty()));
    } catch (RuntimeException e) {
      return new Told.Later(e.toString());
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
