package dev.spillway.dispatch.aws;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.dispatch.aws.BatchGateway.Event;
import java.time.Duration;
import java.time.InstantSource;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class SdkBatchGatewayTest extends BatchGatewayContract {
  private static final SdkClients CLIENTS = SERVER.clients();

  private static final SdkBatchGateway.Waits WAITS =
      new SdkBatchGateway.Waits(
          Duration.ofMillis(200), Duration.ofMillis(500), Duration.ofMillis(20));

  @AfterAll
  static void closeClients() {
    CLIENTS.close();
  }

  @Override
  SdkBatchGateway open() {
    return new SdkBatchGateway(CLIENTS.batch(), WAITS, InstantSource.system());
  }

  @Test
  void an_event_of_eventbridge_tells_a_jobs_end_without_a_look() {
    String event =
        """
        {"version": "0", "id": "1", "detail-type": "Batch Job State Change", "source": "aws.batch",
         "account": "123456789012", "time": "2026-11-21T02:00:04Z", "region": "us-east-1",
         "resources": ["arn:aws:batch:us-east-1:123456789012:job/j-1"],
         "detail": {"jobId": "j-1", "jobName": "n", "status": "FAILED",
           "statusReason": "Essential container in task exited",
           "container": {"exitCode": 7, "reason": "OutOfMemoryError: Container killed due to memory usage"},
           "attempts": [{"startedAt": 1, "stoppedAt": 2, "statusReason": "x",
             "container": {"exitCode": 7, "logStreamName": "s/default/1"}}]}}
        """;
    assertThat(((SdkBatchGateway) gateway).receive(event.getBytes(UTF_8))).isTrue();
    assertThat(seen("j-1").toList())
        .singleElement()
        .satisfies(
            job -> {
              assertThat(job.ended()).isTrue();
              assertThat(job.exitCode()).isEqualTo(OptionalInt.of(7));
              assertThat(job.containerReason().orElseThrow()).startsWith("OutOfMemoryError");
              assertThat(job.attempts().getFirst().logStreamName()).hasValue("s/default/1");
            });
  }

  @Test
  void an_event_of_another_kind_is_left_alone_and_text_that_is_no_json_is_refused() {
    SdkBatchGateway sdk = (SdkBatchGateway) gateway;
    assertThat(sdk.receive("{\"source\":\"aws.s3\",\"detail\":{}}".getBytes(UTF_8))).isFalse();
    assertThat(events.stream().filter(Event.Seen.class::isInstance)).isEmpty();
    assertThatThrownBy(() -> sdk.receive("{".getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no JSON");
  }
}
