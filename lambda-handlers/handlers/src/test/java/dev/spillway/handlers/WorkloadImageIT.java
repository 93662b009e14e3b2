package dev.spillway.handlers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The container image of the workloads, built by its script and run. */
@Tag("docker")
class WorkloadImageIT {
  private static final Path SCRIPT = Path.of("src", "main", "image", "build-image.sh");
  private static final String IMAGE = "spillway/workloads-it:" + ProcessHandle.current().pid();

  /** What a program said and how it ended. */
  private record Ended(int code, String out, String err) {}

  private static Ended run(String... command) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(command));
    Path errors = Path.of("target", "workload-image-it.err");
    var builder = new ProcessBuilder(all).redirectError(errors.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out.strip(), Files.readString(errors));
  }

  private static Ended workload(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("docker", "run", "--rm", "--network", "none", "--memory", "256m"));
    command.add(IMAGE);
    command.addAll(List.of(arguments));
    return run(command.toArray(String[]::new));
  }

  @BeforeAll
  static void build() throws InterruptedException {
    boolean there;
    try {
      there = run("docker", "version", "--format", "{{.Server.Version}}").code() == 0;
    } catch (IOException e) {
      there = false; // no docker command at all
    }
    if (!there && "1".equals(System.getenv("REQUIRE_DOCKER"))) {
      fail("REQUIRE_DOCKER=1, but no Docker engine answers");
    }
    if (!there) {
      System.out.println("skipped without Docker: 1");
      abort("no Docker engine answers");
    }
    try {
      Ended built = run(SCRIPT.toString(), IMAGE);
      assertThat(built.code()).as(built.err()).isZero();
      assertThat(built.out()).isEqualTo(IMAGE);
    } catch (IOException e) {
      fail("the script did not run", e);
    }
  }

  @AfterAll
  static void remove() throws InterruptedException {
    try {
      run("docker", "rmi", "--force", IMAGE);
    } catch (IOException e) {
      // without docker there is nothing to remove
    }
  }

  @Test
  void the_image_runs_a_workload_and_answers() throws Exception {
    Ended ended = workload("pause", "--seconds", "0.1");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out()).startsWith("{\"seconds\":0.1,\"waited\":0.1");
  }

  @Test
  void a_failure_is_exit_code_1_and_its_reason() throws Exception {
    Ended ended = workload("pause", "--seconds", "never");
    assertThat(ended.code()).isOne();
    assertThat(ended.err().strip().lines().toList().getLast())
        .contains("InvalidPayloadException")
        .contains("seconds: ");
  }

  @Test
  void it_runs_as_nobody_in_particular_with_a_writable_tmp() throws Exception {
    Ended user = run("docker", "image", "inspect", "--format", "{{.Config.User}}", IMAGE);
    assertThat(user.out()).isEqualTo("10001:10001");
    // The scratch folder is made before the picture is asked for.
    Ended ended = workload("thumbnail", "--bucket", "b", "--key", "k", "--width", "10");
    assertThat(ended.err()).doesNotContain("AccessDenied").contains("cannot read s3://b/k");
  }

  @Test
  void an_image_that_is_up_to_date_is_left_alone() throws Exception {
    Ended again = run(SCRIPT.toString(), IMAGE);
    assertThat(again.code()).isZero();
    assertThat(again.err()).contains("is up to date").doesNotContain("importing");
  }
}
