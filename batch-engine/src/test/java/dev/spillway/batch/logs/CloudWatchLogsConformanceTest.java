package dev.spillway.batch.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.logs.LogStreams.Stream;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.cloudwatchlogs.model.FilteredLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.InvalidParameterException;
import software.amazon.awssdk.services.cloudwatchlogs.model.LogGroup;
import software.amazon.awssdk.services.cloudwatchlogs.model.LogStream;
import software.amazon.awssdk.services.cloudwatchlogs.model.OrderBy;
import software.amazon.awssdk.services.cloudwatchlogs.model.OutputLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.ResourceNotFoundException;

/** CloudWatch Logs as the unmodified AWS SDK reads it. */
@Tag("conformance")
class CloudWatchLogsConformanceTest {
  private static final String GROUP = LogStreams.JOBS;
  private static final int STREAMS = 120;

  @TempDir static Path data;
  private static ApplicationContext context;
  private static EmbeddedServer server;
  private static CloudWatchLogsClient logs;

  @BeforeAll
  static void start() throws Exception {
    context =
        ApplicationContext.builder()
            .properties(Map.of("micronaut.server.port", -1))
            .singletons(settings())
            .build();
    context.registerSingleton(java.time.InstantSource.class, java.time.InstantSource.system());
    context.registerSingleton(
        dev.spillway.batch.execution.Executor.class,
        new dev.spillway.batch.execution.scripted.ScriptedExecutor(
            java.time.InstantSource.system(), _ -> null));
    context.start();
    server = context.getBean(EmbeddedServer.class).start();
    logs =
        CloudWatchLogsClient.builder()
            .endpointOverride(server.getURI())
            .region(Region.US_EAST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
            .httpClient(UrlConnectionHttpClient.create())
            .build();
    LogStreams streams = context.getBean(LogStreams.class);
    for (int s = 0; s < STREAMS; s++) {
      Path file = data.resolve("logs").resolve(s + ".log");
      try (LogWriter writer = LogWriter.open(file, new LogCap(1 << 26))) {
        for (int line = 0; line < 50; line++) {
          String text = "stream %d line %d%s\n".formatted(s, line, line == 7 ? " ERROR" : "");
          writer.append(ByteBuffer.wrap(text.getBytes()), 1_000_000 + line * 1_000L + s);
        }
      }
      streams.opened(
          new Stream(
              GROUP,
              "def/default/%03d".formatted(s),
              file,
              "job-" + s + "/1",
              Instant.ofEpochMilli(1_000_000 + s),
              Optional.empty()));
      streams.ended("job-" + s + "/1", Instant.ofEpochMilli(1_060_000 + s));
    }
    streams.opened(
        new Stream(
            GROUP,
            "quiet/default/x",
            data.resolve("none.log"),
            "q/1",
            Instant.now(),
            Optional.empty()));
  }

  private static BatchSettings settings() {
    return new BatchSettings(
        data,
        "us-east-1",
        "123456789012",
        4,
        8192,
        Duration.ofMillis(50),
        "scripted",
        List.of(),
        false,
        10_000,
        Duration.ofDays(7),
        Duration.ofDays(7));
  }

  @AfterAll
  static void stop() {
    context.close();
  }

  @Test
  void groups_and_streams_are_listed_page_by_page() {
    assertThat(logs.describeLogGroups(g -> g.logGroupNamePrefix("/aws/batch")).logGroups())
        .extracting(LogGroup::logGroupName, LogGroup::arn)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                GROUP, "arn:aws:logs:us-east-1:123456789012:log-group:/aws/batch/job:*"));
    assertThat(
            logs.describeLogStreamsPaginator(s -> s.logGroupName(GROUP).logStreamNamePrefix("def/"))
                .logStreams())
        .hasSize(STREAMS);
    LogStream first =
        logs.describeLogStreams(s -> s.logGroupName(GROUP).logStreamNamePrefix("def/default/003"))
            .logStreams()
            .getFirst();
    assertThat(first.firstEventTimestamp()).isEqualTo(1_000_003);
    assertThat(first.lastEventTimestamp()).isEqualTo(1_049_003);
    assertThat(
            logs.describeLogStreams(
                    s ->
                        s.logGroupIdentifier(
                                "arn:aws:logs:us-east-1:123456789012:log-group:/aws/batch/job")
                            .orderBy(OrderBy.LAST_EVENT_TIME)
                            .descending(true)
                            .limit(2))
                .logStreams())
        .extracting(LogStream::logStreamName)
        .containsExactly("quiet/default/x", "def/default/119");
  }

  @Test
  void events_of_a_stream_are_read_from_head_and_from_tail() {
    List<String> head = new ArrayList<>();
    GetLogEventsResponse page =
        logs.getLogEvents(
            e ->
                e.logGroupName(GROUP)
                    .logStreamName("def/default/005")
                    .startFromHead(true)
                    .limit(7));
    while (!page.events().isEmpty()) {
      page.events().forEach(e -> head.add(e.message()));
      String token = page.nextForwardToken();
      page =
          logs.getLogEvents(
              e ->
                  e.logGroupName(GROUP).logStreamName("def/default/005").nextToken(token).limit(7));
    }
    assertThat(head).hasSize(50).startsWith("stream 5 line 0").endsWith("stream 5 line 49");
    GetLogEventsResponse tail =
        logs.getLogEvents(e -> e.logGroupName(GROUP).logStreamName("def/default/005").limit(3));
    assertThat(tail.events())
        .extracting(OutputLogEvent::message)
        .containsExactly("stream 5 line 47", "stream 5 line 48", "stream 5 line 49");
    assertThat(
            logs.getLogEvents(
                    e ->
                        e.logGroupName(GROUP)
                            .logStreamName("def/default/005")
                            .nextToken(tail.nextBackwardToken())
                            .limit(2))
                .events())
        .extracting(OutputLogEvent::message)
        .containsExactly("stream 5 line 45", "stream 5 line 46");
    assertThat(
            logs.getLogEvents(
                    e ->
                        e.logGroupName(GROUP)
                            .logStreamName("def/default/005")
                            .startFromHead(true)
                            .startTime(1_010_000L)
                            .endTime(1_012_000L))
                .events())
        .extracting(OutputLogEvent::timestamp)
        .containsExactly(1_010_005L, 1_011_005L);
    assertThat(
            logs.getLogEvents(e -> e.logGroupName(GROUP).logStreamName("quiet/default/x")).events())
        .isEmpty();
  }

  @Test
  void events_of_all_streams_are_filtered_each_once_over_pages() {
    List<FilteredLogEvent> errors =
        logs
            .filterLogEventsPaginator(f -> f.logGroupName(GROUP).filterPattern("ERROR").limit(13))
            .events()
            .stream()
            .toList();
    assertThat(errors).hasSize(STREAMS);
    assertThat(errors.stream().map(FilteredLogEvent::eventId).distinct()).hasSize(STREAMS);
    assertThat(
            logs
                .filterLogEventsPaginator(
                    f ->
                        f.logGroupName(GROUP)
                            .logStreamNames("def/default/001", "def/default/002")
                            .startTime(1_048_000L)
                            .limit(1))
                .events()
                .stream()
                .map(FilteredLogEvent::message))
        .containsExactlyInAnyOrder(
            "stream 1 line 48", "stream 1 line 49", "stream 2 line 48", "stream 2 line 49");
    assertThat(logs.filterLogEvents(f -> f.logGroupName(GROUP).startTime(1_070_000L)).events())
        .isEmpty();
  }

  @Test
  void what_is_not_there_and_what_is_not_right_is_refused_by_name() throws Exception {
    assertThatThrownBy(() -> logs.describeLogStreams(s -> s.logGroupName("/nope")))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("The specified log group does not exist.");
    assertThatThrownBy(() -> logs.getLogEvents(e -> e.logGroupName(GROUP).logStreamName("nope")))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("The specified log stream does not exist.");
    assertThatThrownBy(
            () -> logs.filterLogEvents(f -> f.logGroupName(GROUP).filterPattern("{ $.x = 1 }")))
        .isInstanceOf(InvalidParameterException.class)
        .hasMessageContaining("patterns of JSON");
    assertThatThrownBy(() -> logs.filterLogEvents(f -> f.logGroupName(GROUP).nextToken("x")))
        .isInstanceOf(InvalidParameterException.class);
    assertThat(post("Logs_20140328.PutLogEvents", "{}").body())
        .contains("UnknownOperationException", "PutLogEvents");
    assertThat(post("Logs_20140328.GetLogEvents", "[").statusCode()).isEqualTo(400);
    assertThat(
            post("Logs_20140328.GetLogEvents", "{\"limit\":\"x\",\"logGroupName\":1}").statusCode())
        .isEqualTo(400);
    assertThat(
            post(
                    "Logs_20140328.FilterLogEvents",
                    "{\"logGroupName\":\"/aws/batch/job\",\"frob\":1}")
                .body())
        .contains("frob");
  }

  private static HttpResponse<String> post(String target, String body) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(server.getURI())
              .header("X-Amz-Target", target)
              .header("Content-Type", "application/x-amz-json-1.1")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }
}
