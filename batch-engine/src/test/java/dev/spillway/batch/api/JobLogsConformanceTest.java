package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.logs.JobLogs;
import dev.spillway.batch.logs.LogCap;
import dev.spillway.batch.logs.LogWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.batch.model.JobStatus;

/** What a job writes, page by page and as a stream. */
@Tag("conformance")
class JobLogsConformanceTest extends ConformanceServer {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static void write(String jobId, String text, long time) throws Exception {
    Path log = server.context.getBean(JobLogs.class).file(jobId, 1).orElseThrow();
    try (LogWriter writer = LogWriter.open(log, new LogCap(1 << 26))) {
      writer.append(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), time);
    }
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create(server.url() + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static String running() {
    String id = submit(define("hang"), s -> s).jobId();
    until(id, JobStatus.RUNNING);
    return id;
  }

  @Test
  void a_page_has_lines_with_their_times_and_says_where_to_read_on() throws Exception {
    String id = running();
    write(id, "one\ntwo\nhal", 1_000);

    JsonNode page = new ObjectMapper().readTree(get("/batch/logs?jobId=" + id).body());
    assertThat(page.at("/attempt").asInt()).isEqualTo(1);
    assertThat(page.at("/lines").findValuesAsText("message")).containsExactly("one", "two");
    assertThat(page.at("/lines/0/timestamp").asLong()).isEqualTo(1_000);
    assertThat(page.at("/ended").asBoolean()).isFalse();
    batch.terminateJob(t -> t.jobId(id).reason("enough"));
    ended(id);
    JsonNode rest =
        new ObjectMapper()
            .readTree(get("/batch/logs?jobId=" + id + "&offset=" + page.at("/nextOffset")).body());
    assertThat(rest.at("/lines").findValuesAsText("message")).containsExactly("hal");
    assertThat(rest.at("/ended").asBoolean()).isTrue();
  }

  @Test
  void a_stream_goes_on_until_the_end_and_from_where_a_reader_was() throws Exception {
    String id = running();
    write(id, "one\n", 1_000);
    String url = server.url() + "/batch/logs/stream?jobId=" + id;
    EventStream stream = EventStream.at(HTTP, url, null);
    EventStream.Told first = stream.next();
    assertThat(first.envelope().path("message").asText()).isEqualTo("one");
    write(id, "two\n", 2_000);
    assertThat(stream.next().envelope().path("message").asText()).isEqualTo("two");
    batch.terminateJob(t -> t.jobId(id).reason("enough"));
    assertThat(stream.next().name()).isEqualTo("end");

    List<String> again = new ArrayList<>();
    EventStream rest = EventStream.at(HTTP, url, Long.toString(first.id()));
    for (EventStream.Told told = rest.next(); told.name().equals("log"); told = rest.next()) {
      again.add(told.envelope().path("message").asText());
    }
    assertThat(again).containsExactly("two");
  }

  @Test
  void what_is_not_there_is_refused_by_name() throws Exception {
    assertThat(get("/batch/logs?jobId=nobody").statusCode()).isEqualTo(404);
    String id = running();
    assertThat(get("/batch/logs?jobId=" + id + "&attempt=2").body()).contains("no attempt 2");
    assertThat(get("/batch/logs?jobId=" + id + "&attempt=0").statusCode()).isEqualTo(400);
    assertThat(get("/batch/logs?jobId=" + id + "&offset=-1").statusCode()).isEqualTo(400);
    assertThat(get("/batch/logs").statusCode()).isEqualTo(400);
  }
}
