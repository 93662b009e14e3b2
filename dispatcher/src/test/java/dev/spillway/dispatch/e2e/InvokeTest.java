package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code spillway invoke} on the repository's template and the archive that its CodeUri names. */
@Tag("e2e")
@Tag("packaged")
class InvokeTest {
  private record Ran(int exitCode, String out, String err) {}

  @TempDir Path temp;

  @Test
  void a_function_runs_by_its_logical_id_as_sam_local_invoke_does() throws Exception {
    Path event = Files.writeString(temp.resolve("event.json"), "{\"seconds\": 0.1}");
    Ran ran = invoke("PauseFunction", "-e", event.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out()).matches("\\{.*\"seconds\".*}\\n");
    assertThat(ran.err())
        .containsPattern("START RequestId: [0-9a-f-]{36} Version: \\$LATEST\\n")
        .containsPattern("END RequestId: [0-9a-f-]{36}\\n")
        .containsPattern(
            "REPORT RequestId: [0-9a-f-]{36}\\tDuration: [0-9.]+ ms\\tBilled Duration: [0-9]+ ms\\tMemory Size: 512 MB");
  }

  @Test
  void without_a_server_the_output_is_line_by_line_that_of_sam_local_invoke() throws Exception {
    Path template =
        Files.writeString(
            temp.resolve("template.yaml"),
            """
            AWSTemplateFormatVersion: '2010-09-09'
            Transform: AWS::Serverless-2016-10-31
            Resources:
              Only:
                Type: AWS::Serverless::Function
                Properties: {FunctionName: only, Runtime: provided.al2023, Handler: main, CodeUri: code}
            """);
    Path code = Files.createDirectories(temp.resolve("code"));
    Path bootstrap =
        Files.writeString(
            code.resolve("bootstrap"),
            """
            #!/bin/sh
            API="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime"
            H=$(mktemp)
            EVENT=$(curl -sS -D "$H" "$API/invocation/next")
            ID=$(tr -d '\\r' <"$H" | awk -F': ' 'tolower($1)=="lambda-runtime-aws-request-id"{print $2}')
            echo "sam $AWS_SAM_LOCAL"
            curl -sS --data-binary "$EVENT" "$API/invocation/$ID/response" >/dev/null
            sleep 60
            """);
    bootstrap.toFile().setExecutable(true, false);
    Path event = Files.writeString(temp.resolve("event.json"), "{\"a\":1}");
    Ran ran =
        invoke(
            "--template",
            template.toString(),
            "--data",
            temp.resolve("none").toString(),
            "-e",
            event.toString());
    assertThat(ran.out()).as(ran.err()).isEqualTo("{\"a\":1}\n");
    assertThat(ran.exitCode()).isZero();
    assertThat(ran.err().lines().toList())
        .satisfiesExactly(
            line -> assertThat(line).matches("START RequestId: [0-9a-f-]{36} Version: \\$LATEST"),
            line -> assertThat(line).isEqualTo("sam true"),
            line -> assertThat(line).matches("END RequestId: [0-9a-f-]{36}"),
            line ->
                assertThat(line)
                    .matches(
                        "REPORT RequestId: [0-9a-f-]{36}\tDuration: [0-9.]+ ms"
                            + "\tBilled Duration: [0-9]+ ms\tMemory Size: 128 MB"
                            + "\tMax Memory Used: [0-9]+ MB\tInit Duration: [0-9.]+ ms"));
    assertThat(billed(ran.err()))
        .as("init is billed")
        .isGreaterThanOrEqualTo(
            number(ran.err(), "\tDuration") + number(ran.err(), "Init Duration"));
  }

  @Test
  void a_runtime_without_its_client_is_refused_with_the_place_to_install_it() throws Exception {
    Path template =
        Files.writeString(
            temp.resolve("template.yaml"),
            """
            AWSTemplateFormatVersion: '2010-09-09'
            Transform: AWS::Serverless-2016-10-31
            Resources:
              Only:
                Type: AWS::Serverless::Function
                Properties: {FunctionName: only, Runtime: nodejs22.x, Handler: app.handler, CodeUri: code}
            """);
    Files.createDirectories(temp.resolve("code"));
    Path data = temp.resolve("none");
    Ran ran = invoke("--template", template.toString(), "--data", data.toString());
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.err()).contains("npm install --prefix " + data.resolve("runtimes"));
  }

  private static double billed(String report) {
    return number(report, "Billed Duration");
  }

  private static double number(String report, String name) {
    var matcher = java.util.regex.Pattern.compile(name + ": ([0-9.]+) ms").matcher(report);
    assertThat(matcher.find()).as(report).isTrue();
    return Double.parseDouble(matcher.group(1));
  }

  @Test
  void a_function_error_is_its_result_and_exit_code_1() throws Exception {
    Path event = Files.writeString(temp.resolve("event.json"), "{\"seconds\": 60}");
    Ran ran = invoke("PauseFunction", "-e", event.toString());
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(1);
    assertThat(ran.out()).contains("Task timed out after 3.00 seconds");
  }

  @Test
  void an_unknown_logical_id_names_those_that_are_there() throws Exception {
    Ran ran = invoke("NoSuchFunction");
    assertThat(ran.exitCode()).isEqualTo(4);
    assertThat(ran.err()).contains("NoSuchFunction").contains("PauseFunction");
    assertThat(ran.out()).isEmpty();
  }

  private Ran invoke(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                "dev.spillway.dispatch.cli.Main",
                "invoke"));
    command.addAll(List.of(arguments));
    Path out = temp.resolve("out");
    Path err = temp.resolve("err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return new Ran(process.exitValue(), Files.readString(out), Files.readString(err));
  }
}
