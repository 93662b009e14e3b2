package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.testkit.BusyboxImage;
import dev.spillway.batch.testkit.RequiresDocker;
import dev.spillway.dispatch.testfunctions.Probe;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.lambda.model.InvalidParameterValueException;
import software.amazon.awssdk.services.lambda.model.InvokeResponse;
import software.amazon.awssdk.services.lambda.model.LogType;
import software.amazon.awssdk.services.lambda.model.PackageType;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Functions of package type Image on a real Docker engine: an image whose entry point is the Java
 * runtime interface client, as it is.
 */
@RequiresDocker
class FunctionImageTest {
  private static final String IMAGE = "spillway-test/ric:latest";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path temp;
  private static Path data;
  private static LiveServer server;
  private static LambdaClient lambda;

  @BeforeAll
  static void serve() throws Exception {
    BusyboxImage.ensure();
    buildImage();
    data = temp.resolve("data");
    Path template =
        Files.writeString(
            temp.resolve("template.yaml"),
            """
            AWSTemplateFormatVersion: '2010-09-09'
            Transform: AWS::Serverless-2016-10-31
            Resources:
              Declared:
                Type: AWS::Serverless::Function
                Properties:
                  FunctionName: declared
                  PackageType: Image
                  ImageUri: %s
                  ImageConfig: {Command: ['%s::other']}
                  MemorySize: 512
                  Timeout: 20
            """
                .formatted(IMAGE, Probe.class.getName()));
    Path config = Files.writeString(temp.resolve("spillway.yaml"), "function.concurrency: 4\n");
    server =
        LiveServer.start(
            data,
            "--runner",
            "docker",
            "--config",
            config.toString(),
            "--template",
            template.toString());
    lambda = client(server);
  }

  /** The client's jars and one class; nothing in it is Spillway's. */
  private static void buildImage() throws Exception {
    Path app = Files.createDirectories(temp.resolve("app"));
    for (String entry :
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
            .split(":")) {
      if (entry.matches(".*/aws-lambda-java-(core|runtime-interface-client|serialization)-.*")) {
        Files.copy(Path.of(entry), app.resolve(Path.of(entry).getFileName()));
      }
    }
    String name = Probe.class.getName().replace('.', '/') + ".class";
    Path target = app.resolve("classes").resolve(name);
    Files.createDirectories(target.getParent());
    try (var in = Probe.class.getClassLoader().getResourceAsStream(name)) {
      Files.copy(in, target);
    }
    Path script = Path.of(FunctionImageTest.class.getResource("/ric-image.sh").toURI());
    run(
        "sh",
        script.toString(),
        IMAGE,
        System.getProperty("java.home"),
        app.toString(),
        Probe.class.getName() + "::handle");
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  private static LambdaClient client(LiveServer server) {
    return LambdaClient.builder()
        .endpointOverride(server.url())
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
        .httpClient(UrlConnectionHttpClient.builder().socketTimeout(Duration.ofMinutes(2)).build())
        .build();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      lambda.close();
      server.close();
      assertThat(containers("")).as("containers after the stop").isEmpty();
    }
  }

  private static void create(String name, Consumer<CreateFunctionRequest.Builder> more) {
    lambda.createFunction(
        r -> {
          r.functionName(name)
              .role("arn:aws:iam::123456789012:role/any")
              .packageType(PackageType.IMAGE)
              .code(c -> c.imageUri(IMAGE))
              .memorySize(512)
              .timeout(20);
          more.accept(r);
        });
  }

  private static InvokeResponse invoke(String function, String what) {
    return lambda.invoke(
        r ->
            r.functionName(function)
                .logType(LogType.TAIL)
                .payload(SdkBytes.fromUtf8String("{\"do\":\"" + what + "\"}")));
  }

  private static JsonNode answer(InvokeResponse response) throws IOException {
    return JSON.readTree(response.payload().asByteArray());
  }

  private static JsonNode success(InvokeResponse response) throws IOException {
    assertThat(response.functionError())
        .as(() -> response.payload().asUtf8String() + log(response))
        .isNull();
    return answer(response);
  }

  private static String log(InvokeResponse response) {
    return new String(Base64.getDecoder().decode(response.logResult()), StandardCharsets.UTF_8);
  }

  /** Ids of this server's containers of a function, or of all. */
  private static List<String> containers(String function) throws Exception {
    String label = "dev.spillway.function" + (function.isEmpty() ? "" : "=" + function);
    return run(
            "docker",
            "ps",
            "-aq",
            "--filter",
            "label=dev.spillway.data=" + Files.readString(data.resolve("folder.id")).strip(),
            "--filter",
            "label=" + label)
        .lines()
        .toList();
  }

  @Test
  void an_unmodified_image_of_the_runtime_interface_client_runs_enclosed_and_stays_warm()
      throws Exception {
    create("probe", r -> r.environment(e -> e.variables(java.util.Map.of("SHOP", "north"))));
    long begun = System.nanoTime();
    JsonNode first = success(invoke("probe", "where"));
    long cold = System.nanoTime() - begun;
    assertThat(first.path("/tmp").asText()).isEqualTo("written");
    for (String folder : List.of("/", "/app", "/var/task")) {
      assertThat(first.path(folder).asText()).as(folder).contains("Read-only file system");
    }
    assertThat(first.path("/dev/shm").asText()).contains("NoSuchFile");
    assertThat(first.path("ids").asInt()).isNotZero();
    assertThat(first.path("CapEff").asText()).matches("0+");
    assertThat(first.path("NoNewPrivs").asText()).isEqualTo("1");
    assertThat(first.path("FROM_IMAGE").asText()).isEqualTo("yes");
    assertThat(first.path("SHOP").asText()).isEqualTo("north");
    assertThat(first.path("AWS_LAMBDA_FUNCTION_NAME").asText()).isEqualTo("probe");
    assertThat(first.path("folder").asText()).isEqualTo("/var/task");

    InvokeResponse last = null;
    begun = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      last = invoke("probe", "echo");
    }
    long warm = (System.nanoTime() - begun) / 20;
    assertThat(answer(last).path("environment")).isEqualTo(first.path("environment"));
    assertThat(answer(last).path("calls").asInt()).isEqualTo(21);
    assertThat(containers("probe")).hasSize(1);
    assertThat(
            run(
                "docker",
                "inspect",
                "--format",
                "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}}",
                containers("probe").getFirst()))
        .startsWith("536870912 536870912 289");
    assertThat(log(last))
        .containsPattern(
            "(?s)START RequestId: .*event \\{do=echo}\nEND RequestId: .*Max Memory Used: [1-9]");
    System.out.printf("function as an image: cold %.0f ms, warm %.1f ms%n", cold / 1e6, warm / 1e6);

    InvokeResponse failed = invoke("probe", "fail");
    assertThat(failed.functionError()).isEqualTo("Unhandled");
    assertThat(answer(failed).path("errorType").asText())
        .isEqualTo("java.lang.IllegalArgumentException");
    assertThat(answer(failed).path("errorMessage").asText()).isEqualTo("no such shop");
    assertThat(answer(failed).path("stackTrace")).isNotEmpty();
    assertThat(answer(invoke("probe", "echo")).path("environment"))
        .as("an error costs no environment")
        .isEqualTo(first.path("environment"));

    itsCredentialsOpenS3(first);
    nobodyElseReachesItsRuntimeApi(first.path("AWS_LAMBDA_RUNTIME_API").asText());
  }

  /** From here, at the address that the container was given; unsigned, it is refused there. */
  private static void itsCredentialsOpenS3(JsonNode answer) {
    assertThat(answer.path("s3").asInt()).as("unsigned, from inside").isEqualTo(403);
    try (S3Client s3 =
        S3Client.builder()
            .endpointOverride(URI.create(answer.path("AWS_ENDPOINT_URL_S3").asText()))
            .forcePathStyle(true)
            .region(Region.US_EAST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(
                    AwsBasicCredentials.create(
                        answer.path("AWS_ACCESS_KEY_ID").asText(),
                        answer.path("AWS_SECRET_ACCESS_KEY").asText())))
            .httpClient(UrlConnectionHttpClient.create())
            .build()) {
      s3.createBucket(b -> b.bucket("from-a-function"));
      s3.putObject(p -> p.bucket("from-a-function").key("a"), RequestBody.fromString("b"));
      assertThat(s3.getObjectAsBytes(g -> g.bucket("from-a-function").key("a")).asUtf8String())
          .isEqualTo("b");
    }
  }

  private static void nobodyElseReachesItsRuntimeApi(String api) throws Exception {
    String next = "http://" + api + "/2018-06-01/runtime/invocation/next";
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(next)).timeout(Duration.ofSeconds(5)).build();
      assertThatThrownBy(() -> http.send(request, HttpResponse.BodyHandlers.discarding()))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(java.net.http.HttpTimeoutException.class);
    }
    create("neighbour", r -> {});
    InvokeResponse refused =
        lambda.invoke(
            r ->
                r.functionName("neighbour")
                    .payload(SdkBytes.fromUtf8String("{\"do\":\"get\",\"url\":\"" + next + "\"}")));
    assertThat(answer(refused).path("errorType").asText()).isEqualTo("java.net.SocketException");
    assertThat(answer(refused).path("errorMessage").asText())
        .matches("Unexpected end of file from server|Connection reset");
  }

  @Test
  void it_is_shown_as_an_image_and_its_code_can_be_changed() throws Exception {
    create("shown", r -> {});
    var shown = lambda.getFunction(r -> r.functionName("shown"));
    assertThat(shown.configuration().packageType()).isEqualTo(PackageType.IMAGE);
    assertThat(shown.configuration().stateAsString()).isEqualTo("Active");
    assertThat(shown.configuration().runtime()).isNull();
    assertThat(shown.code().repositoryType()).isEqualTo("ECR");
    assertThat(shown.code().imageUri()).isEqualTo(IMAGE);
    String id = run("docker", "image", "inspect", "--format", "{{.Id}}", IMAGE).strip();
    assertThat(shown.code().resolvedImageUri()).isEqualTo("spillway-test/ric@" + id);

    lambda.updateFunctionCode(r -> r.functionName("shown").imageUri(BusyboxImage.NAME));
    lambda.updateFunctionConfiguration(
        r ->
            r.functionName("shown")
                .imageConfig(
                    i ->
                        i.entryPoint("/bin/busybox", "sh", "-c")
                            .command(SHELL_RUNTIME)
                            .workingDirectory("/tmp")));
    assertThat(answer(invoke("shown", "any")).asText()).isEqualTo("/tmp of a shell");
  }

  @Test
  void calls_at_once_get_a_container_each_and_keep_the_image_that_the_tag_named() throws Exception {
    String tag = "spillway-test/moving:" + ProcessHandle.current().pid();
    run("docker", "tag", BusyboxImage.NAME, tag);
    try {
      create(
          "moving",
          r ->
              r.code(c -> c.imageUri(tag))
                  .memorySize(128)
                  .imageConfig(
                      i ->
                          i.entryPoint("/bin/busybox", "sh", "-c")
                              .command(SHELL_RUNTIME.replace("  id=", "  $b sleep 2\n  id="))
                              .workingDirectory("/tmp")));
      run("docker", "tag", IMAGE, tag);
      try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
        var calls =
            IntStream.range(0, 3)
                .mapToObj(_ -> callers.submit(() -> invoke("moving", "any")))
                .toList();
        for (var call : calls) {
          assertThat(success(call.get(30, TimeUnit.SECONDS)).asText()).isEqualTo("/tmp of a shell");
        }
      }
      assertThat(containers("moving")).hasSize(3);
      lambda.deleteFunction(r -> r.functionName("moving"));
      Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> containers("moving").isEmpty());
    } finally {
      run("docker", "rmi", tag);
    }
  }

  /** A runtime interface client in a few lines; its only program is busybox. */
  private static final String SHELL_RUNTIME =
      """
      b=/bin/busybox
      api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
      while $b wget -q -S -O event $api/next 2>headers; do
        id=$($b sed -n 's/.*[Rr]equest-[Ii]d: *//p' headers | $b tr -d '\\r')
        $b wget -q -O - --post-data "\\"$PWD of a shell\\"" $api/$id/response
      done
      """;

  @Test
  void one_that_a_template_declares_runs_with_its_own_command() throws Exception {
    assertThat(success(invoke("declared", "any")).asText()).isEqualTo("the other one");
  }

  @Test
  void time_memory_and_disk_are_limits_and_an_exit_is_told() throws Exception {
    create("slow", r -> r.timeout(1));
    InvokeResponse slow = invoke("slow", "sleep");
    assertThat(answer(slow).path("errorMessage").asText())
        .endsWith("Task timed out after 1.00 seconds");
    Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> containers("slow").isEmpty());

    create(
        "limits",
        r ->
            r.memorySize(256)
                .environment(e -> e.variables(java.util.Map.of("JAVA_TOOL_OPTIONS", "-Xmx2g"))));
    InvokeResponse exited = invoke("limits", "exit");
    assertThat(answer(exited).path("errorType").asText()).isEqualTo("Runtime.ExitError");
    assertThat(answer(exited).path("errorMessage").asText()).endsWith("exit status 7");
    InvokeResponse eaten = invoke("limits", "eat");
    assertThat(answer(eaten).path("errorType").asText()).isEqualTo("Runtime.ExitError");
    assertThat(answer(eaten).path("errorMessage").asText()).endsWith("signal: killed");
    InvokeResponse full = invoke("limits", "fill");
    assertThat(answer(full).path("errorMessage").asText()).contains("No space left on device");
    assertThat(answer(invoke("limits", "echo")).path("calls").asInt()).isEqualTo(1);
  }

  @Test
  void an_image_that_cannot_be_had_is_refused_and_leaves_nothing() {
    assertThatThrownBy(() -> create("absent", r -> r.code(c -> c.imageUri("acme.invalid/f:1"))))
        .isInstanceOf(InvalidParameterValueException.class)
        .hasMessageContaining("Source image acme.invalid/f:1 does not exist");
    assertThat(lambda.listFunctions().functions())
        .noneMatch(function -> function.functionName().equals("absent"));
  }

  @Test
  void workers_of_a_server_that_was_killed_are_removed_at_the_next_start() throws Exception {
    Path folder = temp.resolve("killed");
    String label;
    try (LiveServer first = LiveServer.start(folder, "--runner", "docker")) {
      try (LambdaClient client = client(first)) {
        client.createFunction(
            r ->
                r.functionName("left")
                    .role("arn:aws:iam::123456789012:role/any")
                    .packageType(PackageType.IMAGE)
                    .imageConfig(
                        i ->
                            i.entryPoint("/bin/busybox", "sh", "-c")
                                .command(SHELL_RUNTIME.replace("\ndone", "\ndone; $b sleep 600"))
                                .workingDirectory("/tmp"))
                    .code(c -> c.imageUri(BusyboxImage.NAME)));
        assertThat(client.invoke(r -> r.functionName("left")).functionError()).isNull();
      }
      label = "label=dev.spillway.data=" + Files.readString(folder.resolve("folder.id")).strip();
      first.kill9();
    }
    String left = run("docker", "ps", "-aq", "--filter", label);
    assertThat(left.lines()).as("containers of the killed server").hasSize(1);
    try (LiveServer second = LiveServer.start(folder, "--runner", "docker");
        LambdaClient client = client(second)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> run("docker", "ps", "-aq", "--filter", label).isEmpty());
      assertThat(client.invoke(r -> r.functionName("left")).functionError()).isNull();
    }
    assertThat(run("docker", "ps", "-aq", "--filter", label)).isEmpty();
  }
}
