package dev.spillway.handlers.workload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.handlers.testkit.LocalS3;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BatchMainTest {
  private static LocalS3 s3;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeAll
  static void start() throws IOException {
    s3 = LocalS3.started().bucket("hops");
  }

  private int run(Map<String, String> environment, String... args) {
    return BatchMain.run(
        args,
        environment,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private String output() {
    return out.toString(StandardCharsets.UTF_8).strip();
  }

  private String lastErrorLine() {
    return err.toString(StandardCharsets.UTF_8).strip().lines().toList().getLast();
  }

  @Test
  void arguments_are_the_payload_of_a_job_sent_straight_to_batch() {
    assertThat(run(Map.of(), "pause", "--seconds", "0.01")).isZero();
    assertThat(output()).startsWith("{\"seconds\":0.01,");
  }

  @Test
  void the_payload_of_the_hop_wins_over_arguments() {
    assertThat(run(Map.of("SPILLWAY_PAYLOAD", "{\"seconds\":0}"), "pause", "--seconds", "99999"))
        .isZero();
    assertThat(output()).startsWith("{\"seconds\":0.0,");
  }

  @Test
  void a_large_payload_is_read_from_s3_and_the_result_is_written_there() throws IOException {
    byte[] payload = "{\"seconds\":0.02}".getBytes(StandardCharsets.UTF_8);
    s3.put("hops", "t1/payload.json", payload);
    var environment =
        Map.of(
            "SPILLWAY_PAYLOAD_S3", "s3://hops/t1/payload.json",
            "SPILLWAY_PAYLOAD_SHA256", Payloads.sha256(payload),
            "SPILLWAY_RESULT_S3", "s3://hops/t1/1/result.json");
    assertThat(run(environment, "pause")).as(err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(s3.get("hops", "t1/1/result.json")).asString().isEqualTo(output());
    assertThat(output()).startsWith("{\"seconds\":0.02,");
  }

  @Test
  void a_payload_that_is_not_what_was_submitted_is_refused() throws IOException {
    s3.put("hops", "t2/payload.json", "{\"seconds\":1}".getBytes(StandardCharsets.UTF_8));
    var environment =
        Map.of(
            "SPILLWAY_PAYLOAD_S3",
            "s3://hops/t2/payload.json",
            "SPILLWAY_PAYLOAD_SHA256",
            Payloads.sha256(new byte[] {1}));
    assertThat(run(environment, "pause")).isOne();
    assertThat(lastErrorLine()).contains("InvalidPayloadException").contains("was submitted");
    assertThat(output()).isEmpty();
  }

  @Test
  void an_array_child_takes_its_line() throws IOException {
    s3.put(
        "hops",
        "lines.jsonl",
        "{\"seconds\":0}\n{\"seconds\":0.03}\n".getBytes(StandardCharsets.UTF_8));
    var environment =
        Map.of("SPILLWAY_PAYLOADS_S3", "s3://hops/lines.jsonl", "AWS_BATCH_JOB_ARRAY_INDEX", "1");
    assertThat(run(environment, "pause")).isZero();
    assertThat(output()).startsWith("{\"seconds\":0.03,");
    var tooFar =
        Map.of("SPILLWAY_PAYLOADS_S3", "s3://hops/lines.jsonl", "AWS_BATCH_JOB_ARRAY_INDEX", "2");
    assertThat(run(tooFar, "pause")).isOne();
    assertThat(lastErrorLine()).contains("no line 2");
  }

  @Test
  void a_child_that_carries_one_of_several_tasks_takes_its_payload_and_its_places()
      throws IOException {
    s3.put(
        "hops",
        "packs/p/payloads.jsonl",
        "{\"seconds\":0}\n{\"seconds\":0.02}\n{\"seconds\":\"soon\"}\n"
            .getBytes(StandardCharsets.UTF_8));
    StringBuilder members = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      members.append(
          "{\"SPILLWAY_TASK_ID\":\"t%d\",\"SPILLWAY_RESULT_S3\":\"s3://hops/own/%d/result.json\",\"SPILLWAY_ERROR_S3\":\"s3://hops/own/%d/error.json\"}\n"
              .formatted(i, i, i));
    }
    s3.put("hops", "packs/p/members.jsonl", members.toString().getBytes(StandardCharsets.UTF_8));
    assertThat(run(member("1"), "pause")).as(err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(s3.get("hops", "own/1/result.json")).asString().startsWith("{\"seconds\":0.02,");
    assertThat(run(member("2"), "pause")).isOne();
    assertThat(s3.get("hops", "own/2/error.json")).asString().isEqualTo(lastErrorLine());
  }

  private static Map<String, String> member(String index) {
    return Map.of(
        "SPILLWAY_PAYLOADS_S3", "s3://hops/packs/p/payloads.jsonl",
        "SPILLWAY_MEMBERS_S3", "s3://hops/packs/p/members.jsonl",
        "AWS_BATCH_JOB_ARRAY_INDEX", index);
  }

  @Test
  void a_child_without_a_line_among_the_members_says_which_is_missing() throws IOException {
    s3.put("hops", "packs/p/members.jsonl", "{}\n".getBytes(StandardCharsets.UTF_8));
    assertThat(run(member("7"), "pause")).isOne();
    assertThat(lastErrorLine()).contains("packs/p/members.jsonl has no line 7");
  }

  @Test
  void a_failure_is_exit_code_1_and_one_json_line_that_names_the_fault() {
    assertThat(run(Map.of(), "pause", "--seconds", "soon")).isOne();
    assertThat(lastErrorLine())
        .startsWith("{\"errorType\":\"dev.spillway.handlers.workload.InvalidPayloadException\"")
        .contains("seconds: ");
  }

  @Test
  void a_failure_is_left_in_s3_for_whoever_decides_what_comes_next() throws IOException {
    var environment =
        Map.of(
            "SPILLWAY_PAYLOAD", "{\"seconds\":\"soon\"}",
            "SPILLWAY_ERROR_S3", "s3://hops/t3/1/error.json");
    assertThat(run(environment, "pause")).isOne();
    assertThat(s3.get("hops", "t3/1/error.json")).asString().isEqualTo(lastErrorLine());
  }

  @Test
  void a_failure_that_cannot_be_left_is_still_exit_code_1() {
    var environment =
        Map.of("SPILLWAY_PAYLOAD", "[1]", "SPILLWAY_ERROR_S3", "s3://no-such-bucket/t4/error.json");
    assertThat(run(environment, "pause")).isOne();
    assertThat(lastErrorLine()).contains("could not be left at s3://no-such-bucket");
  }

  @Test
  void an_unknown_workload_is_told_which_there_are() {
    assertThat(run(Map.of(), "resize")).isOne();
    assertThat(lastErrorLine())
        .contains("catalog-collect, catalog-feed, catalog-images, pause, sum, thumbnail");
  }

  @Test
  void an_event_by_reference_is_the_event_itself() throws IOException {
    byte[] payload = "{\"seconds\":0}".getBytes(StandardCharsets.UTF_8);
    s3.put("hops", "big.json", payload);
    String reference =
        "{\"$s3\":\"s3://hops/big.json\",\"sha256\":\"" + Payloads.sha256(payload) + "\"}";
    assertThat(run(Map.of("SPILLWAY_PAYLOAD", reference), "pause")).isZero();
    assertThat(output()).startsWith("{\"seconds\":0.0,");
  }

  @Test
  void what_is_not_json_is_refused_by_name() {
    assertThat(run(Map.of("SPILLWAY_PAYLOAD", "{seconds"), "pause")).isOne();
    assertThat(lastErrorLine()).contains("the payload is not JSON");
    assertThat(run(Map.of("SPILLWAY_PAYLOAD", "[1]"), "pause")).isOne();
    assertThat(lastErrorLine()).contains("must be a JSON object");
  }
}
