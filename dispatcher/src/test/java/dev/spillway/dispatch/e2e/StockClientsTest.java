package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Debian's aws command line and boto3 against a running server, with an endpoint override only.
 * Without them the test is skipped and counted; {@code REQUIRE_CLIENTS=1} makes absence a failure.
 */
@Tag("conformance")
class StockClientsTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
  private static final String AWS = "/usr/bin/aws";
  private static final String PYTHON = "/usr/bin/python3";
  private static int skipped;

  @TempDir static Path temp;
  private static LiveServer server;

  @BeforeAll
  static void serve() throws Exception {
    Path config = temp.resolve("spillway.yaml");
    Files.writeString(
        config,
        """
        runner: process
        runner.process.images: [busybox]
        batch.hostVcpus: 4
        batch.stopGrace: PT2S
        batch.keepIdle: PT3S
        """);
    server =
        LiveServer.start(
            temp.resolve("data"),
            "--config",
            config.toString(),
            "--template",
            ROOT.resolve("sam-template.yaml").toString());
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void the_aws_command_line_works_unmodified() throws Exception {
    needs(AWS, "--version");
    Path event = Files.writeString(temp.resolve("event.json"), "{\"seconds\": 0.1}");
    run("src/test/conformance/aws_cli.sh", server.url().toString(), event.toString());
  }

  @Test
  void the_aws_command_line_sees_instances_come_and_go() throws Exception {
    needs(AWS, "--version");
    run("src/test/conformance/aws_capacity.sh", server.url().toString());
  }

  @Test
  void the_aws_command_line_tails_what_jobs_write() throws Exception {
    needs(AWS, "--version");
    run("src/test/conformance/aws_logs.sh", server.url().toString());
  }

  @Test
  void the_aws_command_line_makes_and_changes_functions() throws Exception {
    needs(AWS, "--version");
    needs("/usr/bin/curl", "--version");
    run("src/test/conformance/aws_functions.sh", server.url().toString(), server.s3().toString());
  }

  @Test
  void boto3_works_unmodified() throws Exception {
    needs(PYTHON, "-c", "import boto3");
    Path photo;
    try (var photos = Files.list(ROOT.resolve("examples/thumbnails/photos"))) {
      photo = photos.filter(p -> p.toString().endsWith(".jpg")).sorted().findFirst().orElseThrow();
    }
    run(
        PYTHON,
        "src/test/conformance/boto3_client.py",
        server.url().toString(),
        server.s3().toString(),
        photo.toString());
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(180, TimeUnit.SECONDS)).isTrue();
    System.out.print(said);
    assertThat(process.exitValue()).as(said).isZero();
  }

  private static void needs(String... command) throws Exception {
    boolean there;
    try {
      Process probe =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      there = probe.waitFor() == 0;
    } catch (java.io.IOException e) {
      there = false;
    }
    if (!there && "1".equals(System.getenv("REQUIRE_CLIENTS"))) {
      throw new IllegalStateException("REQUIRE_CLIENTS=1, but this fails: " + List.of(command));
    }
    if (!there) {
      System.out.println("skipped without stock clients: " + ++skipped);
    }
    Assumptions.assumeTrue(there, "not installed: " + command[0]);
  }
}
