package dev.spillway.handlers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.handlers.testkit.FakeRuntimeApi;
import dev.spillway.handlers.testkit.LocalS3;
import dev.spillway.handlers.testkit.Pictures;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The artefact that a function's CodeUri names: what is in it, and that it runs. */
class FunctionsZipIT {
  private static final Path ZIP =
      Path.of(System.getProperty("functions.zip", "target/functions.zip"));
  private static final Duration COLD = Duration.ofSeconds(60);

  @TempDir static Path folder;
  private static Path code;

  @BeforeAll
  static void unzip() throws IOException {
    code = folder.resolve("code");
    try (var zip = new ZipInputStream(Files.newInputStream(ZIP))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path to = code.resolve(entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(to);
        } else {
          Files.createDirectories(to.getParent());
          Files.copy(zip, to);
        }
      }
    }
  }

  @Test
  void the_zip_has_lambdas_layout() {
    assertThat(code.resolve("dev/spillway/handlers/thumbnail/ThumbnailHandler.class")).exists();
    assertThat(code.resolve("lib")).isDirectoryContaining("glob:**.jar");
    assertThat(code).isDirectoryNotContaining("glob:**.jar");
  }

  @Test
  void jars_are_not_compressed_twice() throws IOException {
    try (var zip = new ZipFile(ZIP.toFile())) {
      assertThat(zip.stream().filter(entry -> entry.getName().endsWith(".jar")))
          .isNotEmpty()
          .allMatch(entry -> entry.getMethod() == ZipEntry.STORED, "stored as it is");
    }
  }

  @Test
  void the_zip_holds_no_server_no_docker_and_no_store() throws IOException {
    List<String> classes = classes();
    assertThat(classes).hasSizeGreaterThan(5000); // the test looks at something
    assertThat(classes)
        .noneMatch(name -> name.startsWith("io/micronaut/http/server/"))
        .noneMatch(name -> name.startsWith("com/github/dockerjava/"))
        .noneMatch(name -> name.startsWith("org/sqlite/"))
        .noneMatch(name -> name.startsWith("org/gaul/s3proxy/"))
        .noneMatch(name -> name.startsWith("org/eclipse/jetty/"))
        .noneMatch(
            name -> name.startsWith("dev/spillway/") && !name.startsWith("dev/spillway/handlers/"))
        // The managed runtime brings its own.
        .noneMatch(name -> name.startsWith("com/amazonaws/services/lambda/runtime/api/client/"));
  }

  private static List<String> classes() throws IOException {
    List<String> names = new ArrayList<>();
    try (var files = Files.walk(code)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (file.toString().endsWith(".jar")) {
          try (var jar = new ZipFile(file.toFile())) {
            jar.stream()
                .map(ZipEntry::getName)
                .filter(name -> name.endsWith(".class"))
                .forEach(names::add);
          }
        } else if (file.toString().endsWith(".class")) {
          names.add(code.relativize(file).toString());
        }
      }
    }
    return names;
  }

  @Test
  void a_handler_answers_the_same_under_both_lambda_runtimes() throws Exception {
    LocalS3 s3 = LocalS3.started().bucket("zip");
    s3.put("zip", "a.jpg", Pictures.encode(Pictures.gradient(1600, 900), "jpg"));
    String event = "{\"bucket\":\"zip\",\"key\":\"a.jpg\",\"width\":200}";
    String bad = "{\"bucket\":\"zip\",\"key\":\"a.jpg\",\"width\":-1}";
    List<String> results = new ArrayList<>();
    for (boolean ric : new boolean[] {true, false}) {
      String runtime = ric ? "runtime interface client" : "Micronaut runtime";
      try (var api = new FakeRuntimeApi()) {
        Process worker = start(ric, api, s3);
        try {
          results.add(withoutDuration(answered(api, event, runtime)));
          FakeRuntimeApi.Answer refused = api.invoke(bad, COLD);
          assertThat(refused).as(runtime).isNotNull();
          assertThat(refused.path()).as(runtime).isEqualTo("error");
          assertThat(refused.body()).as(runtime).contains("width is -1");
          // Still there after an error, and warm.
          results.add(withoutDuration(answered(api, event, runtime)));
        } finally {
          worker.destroyForcibly().waitFor();
        }
      }
    }
    assertThat(results).hasSize(4).allMatch(result -> result.equals(results.getFirst()));
    assertThat(results.getFirst()).contains("\"width\":200,\"height\":113");
  }

  /** 9,000 x 6,000 pixels are 162 MB decoded; the whole heap is 96 MB. */
  @Test
  void a_picture_larger_than_the_heap_is_made_small_by_the_batch_form() throws Exception {
    LocalS3 s3 = LocalS3.started().bucket("zip");
    s3.put("zip", "large.jpg", Pictures.encode(Pictures.gradient(9000, 6000), "jpg"));
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx96m",
            "-XX:+UseSerialGC",
            "-cp",
            code + File.pathSeparator + code.resolve("lib") + "/*",
            "dev.spillway.handlers.workload.BatchMain",
            "thumbnail");
    builder.environment().putAll(s3.environment());
    builder
        .environment()
        .put("SPILLWAY_PAYLOAD", "{\"bucket\":\"zip\",\"key\":\"large.jpg\",\"width\":300}");
    builder.environment().put("SPILLWAY_RESULT_S3", "s3://zip/result.json");
    Path output = folder.resolve("large.log");
    Process job = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    assertThat(job.waitFor()).as(Files.readString(output)).isZero();
    assertThat(s3.get("zip", "result.json")).asString().contains("\"width\":300,\"height\":200");
  }

  private static String answered(FakeRuntimeApi api, String event, String runtime)
      throws Exception {
    FakeRuntimeApi.Answer answer = api.invoke(event, COLD);
    assertThat(answer)
        .as(runtime + " gave no answer; " + Files.readString(log(runtime.startsWith("runtime"))))
        .isNotNull();
    assertThat(answer.path()).as(runtime + ": " + answer.body()).isEqualTo("response");
    return answer.body();
  }

  private static String withoutDuration(String result) {
    return result.replaceFirst(",\"durationMillis\":[0-9]+", "");
  }

  private static Path log(boolean ric) {
    return folder.resolve(ric ? "ric.log" : "micronaut.log");
  }

  private static Process start(boolean ric, FakeRuntimeApi api, LocalS3 s3) throws IOException {
    String handler = "dev.spillway.handlers.thumbnail.ThumbnailHandler";
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp"));
    String functions = code + File.pathSeparator + code.resolve("lib") + "/*";
    if (ric) {
      command.add(functions + File.pathSeparator + runtimeInterfaceClient());
      command.addAll(
          List.of("com.amazonaws.services.lambda.runtime.api.client.AWSLambda", handler));
    } else {
      command.add(functions);
      command.add("dev.spillway.handlers.workload.LambdaRuntimeMain");
    }
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(log(ric).toFile());
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.putAll(s3.environment());
    environment.put("AWS_LAMBDA_RUNTIME_API", api.address());
    environment.put("_HANDLER", handler);
    environment.put("LAMBDA_TASK_ROOT", code.toString());
    environment.put("AWS_LAMBDA_FUNCTION_NAME", "thumbnail");
    environment.put("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    environment.put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024");
    environment.put("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/thumbnail");
    environment.put("AWS_LAMBDA_LOG_STREAM_NAME", "test");
    return builder.start();
  }

  /** The test's own class path has it; the function's must not. */
  private static String runtimeInterfaceClient() {
    return List.of(System.getProperty("java.class.path").split(File.pathSeparator)).stream()
        .filter(
            entry ->
                entry.contains("aws-lambda-java-runtime-interface-client")
                    || entry.contains("aws-lambda-java-serialization"))
        .reduce((a, b) -> a + File.pathSeparator + b)
        .orElseThrow();
  }
}
