package dev.spillway.lambda.invoke;

import static dev.spillway.lambda.testkit.LambdaServer.ROLE;
import static dev.spillway.lambda.testkit.LambdaServer.answering;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.lambda.function.CodeObjects;
import dev.spillway.lambda.testkit.LambdaServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.lambda.model.CreateFunctionResponse;
import software.amazon.awssdk.services.lambda.model.InvalidParameterValueException;
import software.amazon.awssdk.services.lambda.model.LambdaException;
import software.amazon.awssdk.services.lambda.model.PackageType;
import software.amazon.awssdk.services.lambda.model.PreconditionFailedException;
import software.amazon.awssdk.services.lambda.model.ResourceConflictException;
import software.amazon.awssdk.services.lambda.model.ResourceNotFoundException;
import software.amazon.awssdk.services.lambda.model.Runtime;

/** Functions and versions, made and changed by the unmodified AWS SDK. */
class FunctionControlConformanceTest {
  private static final SdkBytes CODE = answering("one");

  @TempDir static Path folder;
  static LambdaServer server;
  static LambdaClient lambda;

  @BeforeAll
  static void start() {
    CodeObjects objects =
        (bucket, key) ->
            bucket.equals("code") && key.equals("a/b.zip")
                ? Optional.of(CODE.asByteArray())
                : Optional.empty();
    server = LambdaServer.open(folder, 4, new Bean(objects));
    lambda = server.lambda;
  }

  /** A lambda has no class that a bean could be found by. */
  private record Bean(CodeObjects objects) implements CodeObjects {
    @Override
    public Optional<byte[]> read(String bucket, String key) {
      return objects.read(bucket, key);
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static CreateFunctionResponse create(
      String name, Consumer<CreateFunctionRequest.Builder> more) {
    return lambda.createFunction(
        r -> {
          r.functionName(name)
              .runtime(Runtime.PROVIDED_AL2023)
              .handler("main")
              .role(ROLE)
              .code(c -> c.zipFile(CODE));
          more.accept(r);
        });
  }

  private static String invoke(String name, String qualifier) {
    return lambda.invoke(r -> r.functionName(name).qualifier(qualifier)).payload().asUtf8String();
  }

  @Test
  void a_created_function_is_shown_as_it_was_given_and_runs() {
    CreateFunctionResponse made =
        create(
            "created",
            r ->
                r.description("says one")
                    .timeout(7)
                    .memorySize(256)
                    .environment(e -> e.variables(Map.of("A_B", "c")))
                    .ephemeralStorage(e -> e.size(1024))
                    .tags(Map.of("team", "a b"))
                    .vpcConfig(v -> v.subnetIds("subnet-1").securityGroupIds("sg-1"))
                    .loggingConfig(l -> l.logGroup("/mine"))
                    .tracingConfig(t -> t.mode("Active")));
    assertThat(made.sdkHttpResponse().statusCode()).isEqualTo(201);
    assertThat(made.functionArn())
        .isEqualTo("arn:aws:lambda:us-east-1:123456789012:function:created");
    assertThat(made.version()).isEqualTo("$LATEST");
    assertThat(made.stateAsString()).isEqualTo("Active");
    assertThat(made.codeSize()).isEqualTo(CODE.asByteArray().length);
    var shown = lambda.getFunction(r -> r.functionName("created"));
    assertThat(shown.configuration().description()).isEqualTo("says one");
    assertThat(shown.configuration().role()).isEqualTo(ROLE);
    assertThat(shown.configuration().timeout()).isEqualTo(7);
    assertThat(shown.configuration().memorySize()).isEqualTo(256);
    assertThat(shown.configuration().ephemeralStorage().size()).isEqualTo(1024);
    assertThat(shown.configuration().environment().variables()).isEqualTo(Map.of("A_B", "c"));
    assertThat(shown.configuration().vpcConfig().subnetIds()).containsExactly("subnet-1");
    assertThat(shown.configuration().loggingConfig().logGroup()).isEqualTo("/mine");
    assertThat(shown.configuration().tracingConfig().modeAsString()).isEqualTo("Active");
    assertThat(shown.tags()).isEqualTo(Map.of("team", "a b"));
    assertThat(shown.code().location()).startsWith("file:");
    assertThat(Path.of(URI.create(shown.code().location()))).hasBinaryContent(CODE.asByteArray());
    assertThat(lambda.waiter().waitUntilFunctionActiveV2(r -> r.functionName("created")).matched())
        .isNotNull();
    assertThat(invoke("created", null)).isEqualTo("\"one\"");
  }

  @Test
  void code_may_come_from_the_servers_own_s3() {
    create("from-s3", r -> r.code(c -> c.s3Bucket("code").s3Key("a/b.zip")));
    assertThat(invoke("from-s3", null)).isEqualTo("\"one\"");
    assertThatThrownBy(
            () -> create("no-object", r -> r.code(c -> c.s3Bucket("code").s3Key("no.zip"))))
        .isInstanceOf(InvalidParameterValueException.class)
        .hasMessageContaining("s3://code/no.zip does not exist");
  }

  @Test
  void an_image_is_refused_with_the_reason_and_leaves_nothing() {
    assertThatThrownBy(
            () ->
                lambda.createFunction(
                    r ->
                        r.functionName("image")
                            .role(ROLE)
                            .packageType(PackageType.IMAGE)
                            .code(c -> c.imageUri("acme/f:1"))))
        .isInstanceOf(InvalidParameterValueException.class)
        .hasMessageContaining("Code.ImageUri is acme/f:1, but functions do not run as containers");
    assertThatThrownBy(() -> lambda.getFunction(r -> r.functionName("image")))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void a_second_function_of_one_name_is_a_conflict() {
    create("twice", r -> {});
    assertThatThrownBy(() -> create("twice", r -> {}))
        .isInstanceOf(ResourceConflictException.class)
        .hasMessageContaining("Function already exist: twice");
  }

  @Test
  void what_cannot_be_is_refused_by_member_and_nothing_is_left() throws Exception {
    List<Map.Entry<String, Consumer<CreateFunctionRequest.Builder>>> refused =
        List.of(
            Map.entry("Timeout of function bad is 901; it must be 1 to 900", r -> r.timeout(901)),
            Map.entry("MemorySize of function bad is 64", r -> r.memorySize(64)),
            Map.entry("Role is \"me\"; it must be the ARN of a role", r -> r.role("me")),
            Map.entry("Runtime ruby3.4 of function bad cannot run here", r -> r.runtime("ruby3.4")),
            Map.entry("could not be read as a zip file", r -> r.code(c -> c.zipFile(text("no")))),
            Map.entry("could not be read as a zip file", r -> r.code(c -> c.zipFile(text("")))),
            Map.entry("Layers is not offered here", r -> r.layers("arn:aws:lambda:::layer:a:1")),
            Map.entry(
                "Reserved keys used in this request: AWS_REGION",
                r -> r.environment(e -> e.variables(Map.of("AWS_REGION", "x")))),
            Map.entry(
                "DeadLetterConfig.TargetArn is \"arn:aws:sqs:us-east-1:123456789012:q\"; there is no"
                    + " SQS here",
                r -> r.deadLetterConfig(d -> d.targetArn("arn:aws:sqs:us-east-1:123456789012:q"))),
            Map.entry(
                "exactly one way", r -> r.code(c -> c.zipFile(CODE).s3Bucket("b").s3Key("k"))));
    for (var one : refused) {
      assertThatThrownBy(() -> create("bad", one.getValue()))
          .isInstanceOfSatisfying(
              LambdaException.class, e -> assertThat(e.statusCode()).isEqualTo(400))
          .hasMessageContaining(one.getKey());
    }
    assertThatThrownBy(() -> lambda.getFunction(r -> r.functionName("bad")))
        .isInstanceOf(ResourceNotFoundException.class);
    Path home = folder.resolve("data/functions/bad");
    if (Files.exists(home)) {
      try (var left = Files.list(home)) {
        assertThat(left).isEmpty();
      }
    }
  }

  private static SdkBytes text(String text) {
    return SdkBytes.fromUtf8String(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST|/2015-03-31/functions|{\"FunctionNames\":1}|FunctionNames is not a member",
        "POST|/2015-03-31/functions|{\"FunctionName\":1}|FunctionName is 1; it must be a string",
        "POST|/2015-03-31/functions|{\"FunctionName\":\"a\",\"FunctionName\":\"b\"}|Duplicate",
        "POST|/2015-03-31/functions|[]|it is no object",
        "POST|/2015-03-31/functions|{}|FunctionName is missing",
        "GET|/2015-03-31/functions?Color=1||Query parameter Color is not known here",
        "GET|/2015-03-31/functions?MaxItems=x||MaxItems is x",
        "PUT|/2015-03-31/functions/none/code|{\"ZipFile\":\"%\"}|ZipFile is not base64",
      })
  void odd_requests_get_a_400_that_names_what_is_odd(
      String method, String path, String body, String message) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(server.url() + path))
                    .method(method, HttpRequest.BodyPublishers.ofString(body == null ? "" : body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.headers().firstValue("x-amzn-errortype")).isPresent();
    assertThat(answer.body()).contains(message);
  }

  @Test
  void new_code_is_run_by_the_next_call_and_a_dry_run_changes_nothing() {
    create("code", r -> {});
    assertThat(invoke("code", null)).isEqualTo("\"one\"");
    var before = lambda.getFunctionConfiguration(r -> r.functionName("code"));
    SdkBytes two = answering("two");
    var dry = lambda.updateFunctionCode(r -> r.functionName("code").zipFile(two).dryRun(true));
    assertThat(dry.codeSha256()).isNotEqualTo(before.codeSha256());
    assertThat(lambda.getFunctionConfiguration(r -> r.functionName("code")).revisionId())
        .isEqualTo(before.revisionId());
    assertThat(invoke("code", null)).isEqualTo("\"one\"");
    assertThatThrownBy(
            () ->
                lambda.updateFunctionCode(r -> r.functionName("code").zipFile(two).revisionId("x")))
        .isInstanceOf(PreconditionFailedException.class)
        .hasMessageContaining("does not match the latest Revision Id");
    var after =
        lambda.updateFunctionCode(
            r -> r.functionName("code").zipFile(two).publish(true).revisionId(before.revisionId()));
    assertThat(after.version()).isEqualTo("1");
    assertThat(invoke("code", null)).isEqualTo("\"two\"");
    assertThatThrownBy(
            () -> lambda.updateFunctionCode(r -> r.functionName("code").zipFile(text("bad"))))
        .isInstanceOf(InvalidParameterValueException.class);
    assertThat(invoke("code", null)).isEqualTo("\"two\"");
  }

  @Test
  void a_changed_configuration_keeps_what_was_not_named() {
    create("configured", r -> r.description("d").environment(e -> e.variables(Map.of("AA", "1"))));
    var before = lambda.getFunctionConfiguration(r -> r.functionName("configured"));
    assertThatThrownBy(
            () ->
                lambda.updateFunctionConfiguration(
                    r -> r.functionName("configured").timeout(9).revisionId("other")))
        .isInstanceOfSatisfying(
            PreconditionFailedException.class, e -> assertThat(e.statusCode()).isEqualTo(412));
    var after =
        lambda.updateFunctionConfiguration(
            r ->
                r.functionName("configured")
                    .timeout(9)
                    .deadLetterConfig(d -> d.targetArn("https://example.org/dead"))
                    .revisionId(before.revisionId()));
    assertThat(after.timeout()).isEqualTo(9);
    assertThat(after.description()).isEqualTo("d");
    assertThat(after.environment().variables()).isEqualTo(Map.of("AA", "1"));
    assertThat(after.deadLetterConfig().targetArn()).isEqualTo("https://example.org/dead");
    assertThat(after.revisionId()).isNotEqualTo(before.revisionId());
    assertThatThrownBy(
            () ->
                lambda.updateFunctionConfiguration(r -> r.functionName("configured").memorySize(1)))
        .isInstanceOf(InvalidParameterValueException.class);
    assertThat(
            lambda.getFunctionConfiguration(r -> r.functionName("configured")).deadLetterConfig())
        .isEqualTo(after.deadLetterConfig());
  }

  @Test
  void versions_are_copies_that_do_not_change_and_equal_ones_are_not_made_twice() {
    var made = create("versioned", r -> r.publish(true));
    assertThat(made.version()).isEqualTo("1");
    assertThat(made.functionArn()).endsWith(":versioned:1");
    var again = lambda.publishVersion(r -> r.functionName("versioned").description("same"));
    assertThat(again.version()).isEqualTo("1");
    lambda.updateFunctionCode(r -> r.functionName("versioned").zipFile(answering("two")));
    assertThatThrownBy(
            () -> lambda.publishVersion(r -> r.functionName("versioned").codeSha256("other")))
        .isInstanceOf(InvalidParameterValueException.class)
        .hasMessageContaining("CodeSHA256 (other) is different");
    var second = lambda.publishVersion(r -> r.functionName("versioned").description("second"));
    assertThat(second.version()).isEqualTo("2");
    assertThat(second.description()).isEqualTo("second");
    assertThat(invoke("versioned", "1")).isEqualTo("\"one\"");
    assertThat(invoke("versioned", "2")).isEqualTo("\"two\"");
    assertThat(invoke("versioned:1", null)).isEqualTo("\"one\"");
    var called = lambda.invoke(r -> r.functionName("versioned").qualifier("1"));
    assertThat(called.executedVersion()).isEqualTo("1");
    assertThat(
            lambda
                .listVersionsByFunctionPaginator(r -> r.functionName("versioned").maxItems(1))
                .versions()
                .stream()
                .map(v -> v.version() + " " + v.functionArn().replaceAll(".*function:", "")))
        .containsExactly("$LATEST versioned:$LATEST", "1 versioned:1", "2 versioned:2");
    assertThat(
            lambda
                .getFunctionConfiguration(r -> r.functionName("versioned").qualifier("2"))
                .functionArn())
        .endsWith(":versioned:2");
    lambda.deleteFunction(r -> r.functionName("versioned").qualifier("1"));
    assertThatThrownBy(() -> invoke("versioned", "1"))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("function:versioned:1");
    assertThat(invoke("versioned", "2")).isEqualTo("\"two\"");
    assertThatThrownBy(
            () -> lambda.deleteFunction(r -> r.functionName("versioned").qualifier("$LATEST")))
        .isInstanceOf(InvalidParameterValueException.class);
  }

  @Test
  void functions_are_listed_in_pages_with_all_versions_when_asked() {
    create("list-a", r -> r.publish(true));
    create("list-b", r -> {});
    assertThat(
            lambda.listFunctionsPaginator(r -> r.maxItems(1)).functions().stream()
                .map(f -> f.functionArn().replaceAll(".*function:", ""))
                .filter(name -> name.startsWith("list-")))
        .containsExactly("list-a", "list-b");
    assertThat(
            lambda
                .listFunctionsPaginator(r -> r.maxItems(2).functionVersion("ALL"))
                .functions()
                .stream()
                .map(f -> f.functionArn().replaceAll(".*function:", ""))
                .filter(name -> name.startsWith("list-")))
        .containsExactly("list-a:$LATEST", "list-a:1", "list-b:$LATEST");
    var account = lambda.getAccountSettings(r -> {});
    assertThat(account.accountUsage().functionCount()).isGreaterThanOrEqualTo(2);
    assertThat(account.accountLimit().concurrentExecutions()).isEqualTo(4);
  }

  @Test
  void a_deleted_function_is_gone_with_its_code() {
    create("deleted", r -> r.publish(true));
    assertThat(invoke("deleted", null)).isEqualTo("\"one\"");
    assertThat(lambda.deleteFunction(r -> r.functionName("deleted")).sdkHttpResponse().statusCode())
        .isEqualTo(204);
    assertThatThrownBy(() -> invoke("deleted", null)).isInstanceOf(ResourceNotFoundException.class);
    assertThatThrownBy(() -> lambda.deleteFunction(r -> r.functionName("deleted")))
        .isInstanceOf(ResourceNotFoundException.class);
    create("deleted", r -> r.code(c -> c.zipFile(answering("again"))));
    assertThat(invoke("deleted", null)).isEqualTo("\"again\"");
  }

  @Test
  void functions_survive_a_restart_whole_and_what_was_not_acknowledged_is_absent(@TempDir Path own)
      throws Exception {
    String revision;
    try (LambdaServer first = LambdaServer.open(own, 2)) {
      first.lambda.createFunction(
          r ->
              r.functionName("kept")
                  .runtime("provided.al2023")
                  .handler("main")
                  .role(ROLE)
                  .publish(true)
                  .code(c -> c.zipFile(CODE)));
      first.lambda.createAlias(r -> r.functionName("kept").name("live").functionVersion("1"));
      first.lambda.putFunctionConcurrency(
          r -> r.functionName("kept").reservedConcurrentExecutions(1));
      revision = first.lambda.getFunctionConfiguration(r -> r.functionName("kept")).revisionId();
    }
    Path orphan = Files.createDirectories(own.resolve("data/functions/orphan"));
    Files.write(orphan.resolve("0".repeat(32) + ".zip"), new byte[] {1});
    try (var folders = Files.list(own.resolve("data/functions/kept"))) {
      // As after a power cut that lost the unpacked files: the archive is what is kept.
      for (Path one : folders.filter(Files::isDirectory).toList()) {
        new ProcessBuilder("rm", "-rf", one.toString()).start().waitFor();
      }
    }
    try (LambdaServer second = LambdaServer.open(own, 2)) {
      var shown = second.lambda.getFunction(r -> r.functionName("kept"));
      assertThat(shown.configuration().revisionId()).isEqualTo(revision);
      assertThat(shown.concurrency().reservedConcurrentExecutions()).isEqualTo(1);
      assertThat(
              second.lambda.invoke(r -> r.functionName("kept").qualifier("live")).executedVersion())
          .isEqualTo("1");
      assertThat(orphan).doesNotExist();
    }
  }
}
