package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/** Reads {@code /batch/events} as a client does. {@link #next} waits; {@link #hasNext} is true. */
final class EventStream implements Iterator<EventStream.Told> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Iterator<String> lines;

  /** One event of the stream. */
  record Told(long id, String name, JsonNode envelope) {
    String job() {
      return envelope.at("/detail/jobId").asText();
    }

    String status() {
      return envelope.at("/detail/status").asText();
    }
  }

  private EventStream(Iterator<String> lines) {
    this.lines = lines;
  }

  static EventStream open(HttpClient http, URI server, String query, String lastEventId)
      throws Exception {
    return at(http, server + "/batch/events" + query, lastEventId);
  }

  /** Of another stream. */
  static EventStream at(HttpClient http, String url, String lastEventId) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    if (lastEventId != null) {
      request.header("Last-Event-ID", lastEventId);
    }
    HttpResponse<Stream<String>> answer =
        http.send(request.build(), HttpResponse.BodyHandlers.ofLines());
    assertThat(answer.statusCode()).isEqualTo(200);
    return new EventStream(answer.body().iterator());
  }

  @Override
  public boolean hasNext() {
    return true;
  }

  @Override
  public Told next() {
    String id = null;
    String name = null;
    String data = "";
    while (true) {
      String line = lines.next();
      if (line.startsWith("id:")) {
        id = line.substring(3).strip();
      } else if (line.startsWith("event:")) {
        name = line.substring(6).strip();
      } else if (line.startsWith("data:")) {
        data += line.substring(5).strip();
      } else if (line.isEmpty() && id != null) {
        try {
          return new Told(Long.parseLong(id), name, JSON.readTree(data));
        } catch (JsonProcessingException e) {
          throw new IllegalStateException(data, e);
        }
      }
    }
  }

  /** Events up to the one that tells this status of this job. */
  static List<Told> until(Iterator<Told> stream, String job, String status) {
    List<Told> told = new ArrayList<>();
    do {
      told.add(stream.next());
    } while (!told.getLast().job().equals(job) || !told.getLast().status().equals(status));
    return told;
  }
}
