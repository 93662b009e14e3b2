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
