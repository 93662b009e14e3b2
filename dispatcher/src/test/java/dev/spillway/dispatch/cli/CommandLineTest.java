package dev.spillway.dispatch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Exit codes and what is printed, against a server that answers what a test tells it to. */
class CommandLineTest extends CommandLineHarness {
  private static final String RUNNING =
      """
      {"taskId":"3f2a91c0-0000-0000-0000-000000000000","name":"a.jpg","status":"RUNNING",
       "plan":{"routes":[{"route":"function","why":"1 s expected"}]},
       "hops":[{"route":"function","startedAt":"2026-11-21T00:00:00Z"}]}""";
  private static final String FELL_BACK =
      """
      {"taskId":"3f2a91c0-0000-0000-0000-000000000000","name":"a.jpg","status":"SUCCEEDED",
       "plan":{"routes":[{"route":"function","why":"1 s expected"},{"route":"batch-spot","why":"next"}]},
       "hops":[{"route":"function","cause":"timeout","startedAt":"2026-11-21T00:00:00Z","stoppedAt":"2026-11-21T00:00:03Z"},
               {"route":"batch-spot","startedAt":"2026-11-21T00:00:04Z","stoppedAt":"2026-11-21T00:00:14.500Z"}]}""";

  @ParameterizedTest
  @CsvSource({"400, 2", "409, 2", "413, 2", "401, 5", "403, 5", "404, 4", "500, 1", "503, 1"})
  void a_refusal_is_one_sentence_and_an_exit_code(int status, int exitCode) {
    answers.put("GET /tasks/abc", new Answer(status, "{\"message\":\"The reason.\"}"));
    Ran ran = run("status", "abc", "--server", url);
    assertThat(ran.exitCode()).isEqualTo(exitCode);
    assertThat(ran.err()).isEqualTo("spillway: The reason.\n");
    assertThat(ran.out()).isEmpty();
  }

  @Test
  void all_faults_of_a_document_are_printed() throws Exception {
    answers.put(
        "POST /tasks",
        new Answer(
            400, "{\"message\":\"2\",\"errors\":[{\"message\":\"one\"},{\"message\":\"two\"}]}"));
    Path file = Files.writeString(temp.resolve("t.json"), "{}");
    assertThat(run("submit", file.toString(), "--server", url).err())
        .isEqualTo("spillway: one\n  two\n");
  }

  @Test
  void a_server_that_is_not_there_is_exit_code_3() {
    server.stop(0);
    Ran ran = run("status", "--server", url);
    assertThat(ran.exitCode()).isEqualTo(3);
    assertThat(ran.err()).contains("No server answers at " + url).contains("spillway serve");
  }

  @Test
  void wrong_usage_is_exit_code_2() {
    assertThat(run("statsu").exitCode()).isEqualTo(2);
    assertThat(run("status", "--wait", "--server", url).exitCode()).isEqualTo(2);
    assertThat(run("submit", temp.resolve("none").toString(), "--server", url).exitCode())
        .isEqualTo(2);
    assertThat(run("status", "--server", "localhost").err()).contains("give a URL");
    assertThat(run("run", temp.toString()).err()).contains("example.yaml");
  }

  @Test
  void a_task_is_a_tab_separated_row_with_a_header() {
    answers.put("GET /tasks/abc", new Answer(200, FELL_BACK));
    assertThat(run("status", "abc", "--server", url).out())
        .isEqualTo(
            "TASK\tNAME\tROUTE\tWHY\tSTATE\tTIME\tCOST\n"
                + "3f2a91c0\ta.jpg\tbatch-spot\tfell back: function ended with timeout\tSUCCEEDED\t14.5 s\t-\n");
    assertThat(run("status", "abc", "-q", "--server", url).out())
        .isEqualTo("3f2a91c0-0000-0000-0000-000000000000\n");
    assertThat(run("status", "abc", "--json", "--server", url).out()).startsWith("{");
  }

  @Test
  void waiting_ends_with_the_tasks_own_exit_code_or_6() {
    answers.put("GET /tasks/ok?wait=PT20S", new Answer(200, FELL_BACK));
    assertThat(run("status", "ok", "--wait", "--server", url).exitCode()).isZero();
    answers.put(
        "GET /tasks/bad?wait=PT20S", new Answer(200, FELL_BACK.replace("SUCCEEDED", "FAILED")));
    assertThat(run("status", "bad", "--wait", "--server", url).exitCode()).isEqualTo(1);
    answers.put("GET /tasks/slow?wait=PT1S", new Answer(200, RUNNING));
    Ran late = run("status", "slow", "--wait", "--timeout", "1s", "--server", url);
    assertThat(late.exitCode()).isEqualTo(6);
    assertThat(late.err()).contains("--timeout ran out");
  }

  @Test
  void a_wait_that_is_stopped_says_how_to_come_back() throws Exception {
    answers.put("GET /tasks/slow?wait=PT20S", new Answer(200, RUNNING));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName(),
                "status",
                "--wait",
                "slow",
                "--server",
                url)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var err = process.errorReader()) {
      assertThat(err.readLine()).contains("waiting for slow");
      org.awaitility.Awaitility.await()
          .until(() -> received.containsKey("GET /tasks/slow?wait=PT20S"));
      // Not the process's own destroy: it closes the stream that is read here.
      process.toHandle().destroy();
      assertThat(String.join("\n", err.lines().toList()))
          .contains("Come back with: spillway status --wait slow --server " + url);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void an_output_folder_that_cannot_be_written_is_refused_before_anything_runs() throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "");
    Files.writeString(
        temp.resolve("example.yaml"),
        "{title: t, prepare: P.java, bucket: b, output: {from: 's3://b/o/', to: "
            + file.resolve("out")
            + "}}");
    Ran ran = run("run", temp.toString(), "--server", url);
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.err())
        .startsWith("spillway: The output folder " + file.resolve("out") + " cannot be written: ")
        .endsWith("Run it in a folder of your own.\n");
    assertThat(received).isEmpty();
  }

  @Test
  void several_yaml_documents_are_sent_as_one_list() throws Exception {
    answers.put("POST /tasks", new Answer(202, "{\"tasks\":[" + RUNNING + "]}"));
    Path file =
        Files.writeString(
            temp.resolve("t.yaml"),
            "{workload: a}\n---\ntasks: [{workload: b}, {workload: c, memory: 2 GiB}]\n");
    assertThat(run("submit", file.toString(), "-q", "--server", url).exitCode()).isZero();
    assertThat(received.get("POST /tasks"))
        .isEqualTo(
            "{\"tasks\":[{\"workload\":\"a\"},{\"workload\":\"b\"},{\"workload\":\"c\",\"memory\":\"2 GiB\"}]}");
  }

  @Test
  void explain_prints_the_servers_sentences() {
    answers.put("GET /tasks/abc/explain", new Answer(200, "It went well.\n"));
    assertThat(run("explain", "abc", "--server", url).out()).isEqualTo("It went well.\n");
  }

  @Test
  void config_tells_values_and_origins_and_refuses_unknown_keys() throws Exception {
    Path file = Files.writeString(temp.resolve("c.yaml"), "server.port: 9\n");
    assertThat(run("config", "--config", file.toString(), "--data", "/d").out())
        .contains("server.port\t9\t" + file)
        .contains("data.dir\t/d\tflag")
        .contains("region\tus-east-1\tdefault");
    Files.writeString(file, "server.prot: 9\n");
    Ran ran = run("config", "--config", file.toString());
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.err()).contains("server.port");
  }

  @Test
  void help_names_every_command() {
    assertThat(run("--help").out())
        .contains("serve", "run", "submit", "status", "explain", "logs", "invoke", "config")
        .doesNotContain("train");
  }
}
