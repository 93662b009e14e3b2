package dev.spillway.dispatch.aws;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.dispatch.aws.BatchGateway.Event;
import dev.spillway.dispatch.wiring.ContractServer;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every adapter of {@link JobLogReader} promises, over logs that real jobs wrote. */
@Tag("conformance")
abstract class JobLogsContract {
  static final ContractServer SERVER = ContractServer.shared();

  abstract JobLogReader logs();

  private static String started(String script) {
    List<Event> events = new CopyOnWriteArrayList<>();
    String key = UUID.randomUUID() + "/1";
    try (var gateway = new EmbeddedBatchGateway(SERVER.batch(), SERVER.events())) {
      gateway.listen(events::add);
      gateway.start(Starts.job(key, script));
    }
    // The engine tells of all its jobs.
    return events.stream()
        .flatMap(e -> e instanceof Event.Sent(_, String id) ? Stream.of(id) : Stream.empty())
        .findFirst()
        .orElseThrow();
  }

  /** Reads on until nothing will follow, in pieces of that size. */
  private String whole(String jobId, int mostBytes) {
    var all = new ByteArrayOutputStream();
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              while (true) {
                var piece = logs().read(jobId, 1, all.size(), mostBytes);
                if (piece.isEmpty()) {
                  return false;
                }
                assertThat(piece.get().bytes().length).isLessThanOrEqualTo(mostBytes);
                all.writeBytes(piece.get().bytes());
                assertThat(piece.get().nextOffset()).isEqualTo(all.size());
                if (piece.get().bytes().length == 0) {
                  return piece.get().ended();
                }
              }
            });
    return all.toString(UTF_8);
  }

  @Test
  void a_log_is_read_to_its_end_and_then_ended() {
    assertThat(whole(started("echo one; echo zwei ä 日本; echo three >&2"), 1 << 20))
        .isEqualTo("one\nzwei ä 日本\nthree\n");
  }

  @Test
  void a_log_of_many_lines_read_in_small_pieces_is_the_same() {
    String script = "i=0; while [ $i -lt 1200 ]; do echo \"line $i ä\"; i=$((i+1)); done";
    String jobId = started(script);
    String all = whole(jobId, 1 << 20);
    assertThat(all.lines()).hasSize(1200).contains("line 0 ä", "line 1199 ä");
    assertThat(whole(jobId, 1000)).isEqualTo(all);
  }

  @Test
  void a_log_that_grows_is_not_ended() {
    String jobId = started("echo begun; sleep 4; echo done");
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> logs().read(jobId, 1, 0, 100).map(p -> p.bytes().length > 0).orElse(false));
    assertThat(logs().read(jobId, 1, 6, 100).orElseThrow().ended()).isFalse();
    assertThat(whole(jobId, 100)).isEqualTo("begun\ndone\n");
  }

  @Test
  void a_job_or_an_attempt_that_is_not_known_has_no_log() {
    assertThat(logs().read(UUID.randomUUID().toString(), 1, 0, 100)).isEmpty();
    String jobId = started("echo one");
    whole(jobId, 100);
    assertThat(logs().read(jobId, 2, 0, 100)).isEmpty();
  }
}
