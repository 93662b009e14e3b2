package dev.spillway.lambda.invoke;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.LocalFunctionService;
import dev.spillway.lambda.runtimeapi.LocalWorkerProcesses;
import dev.spillway.lambda.runtimeapi.WorkerProcesses;
import dev.spillway.lambda.testfunctions.Script;
import dev.spillway.lambda.testkit.TestService;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.InvocationType;
import software.amazon.awssdk.services.lambda.model.InvokeResponse;
import software.amazon.awssdk.services.lambda.model.LogType;
import software.amazon.awssdk.services.lambda.model.RequestTooLargeException;
import software.amazon.awssdk.services.lambda.model.ResourceNotFoundException;
import software.amazon.awssdk.services.lambda.model.TooManyRequestsException;

/** The wire, seen by the unmodified AWS SDK and by a plain HTTP client. */
class LambdaHttpTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String INVOKE = "/2015-03-31/functions/%s/invocations";

  @TempDir static Path folder;
  static EmbeddedServer server;
  static LambdaClient lambda;
  static HttpClient http;

  @BeforeAll
  static void start() {
    server =
        ApplicationContext.builder()
            .properties(Map.of("micronaut.server.port", -1, "micronaut.server.host", "127.0.0.1"))
            .singletons(
                new LocalWorkerProcesses(),
                TestService.settings(folder, 1, Duration.ofMinutes(5), Duration.ofSeconds(10)),
                InstantSource.system())
            .start()
            .getBean(EmbeddedServer.class)
            .start();
    server
        .getApplicationContext()
        .getBean(LocalFunctionService.class)
        .put(TestService.java(folder, "script", Script.class));
    assertThat(server.getApplicationContext().containsBean(WorkerProcesses.class)).isTrue();
    assertThat(server.getApplicationContext().containsBean(LambdaSettings.class)).isTrue();
    lambda =
        LambdaClient.builder()
            .endpointOverride(server.getURI())
            .region(Region.US_EAST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .overrideConfiguration(c -> c.retryStrategy(r -> r.maxAttempts(1)))
            .build();
    http = HttpClient.newHttpClient();
  }

  @AfterAll
  static void stop() {
    lambda.close();
    server.close();
  }

  @Test
  void the_sdk_gets_payload_version_log_and_status() {
    InvokeResponse answer =
        lambda.invoke(
            r ->
                r.functionName("script")
                    .logType(LogType.TAIL)
                    .payload(SdkBytes.fromUtf8String("{\"do\":\"print\",\"text\":\"hello\"}")));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.functionError()).isNull();
    assertThat(answer.executedVersion()).isEqualTo("$LATEST");
    assertThat(answer.payload().asUtf8String()).isEqualTo("null");
    String log = new String(Base64.getDecoder().decode(answer.logResult()), StandardCharsets.UTF_8);
    assertThat(log).startsWith("START RequestId: ").contains("out hello").contains("REPORT ");
    assertThat(log).contains(answer.responseMetadata().requestId());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "script",
        "script:$LATEST",
        "123456789012:function:script",
        "arn:aws:lambda:us-east-1:123456789012:function:script",
        "arn:aws:lambda:us-east-1:123456789012:function:script:$LATEST"
      })
  void every_form_of_the_name_finds_the_function(String name) {
    InvokeResponse answer =
        lambda.invoke(r -> r.functionName(name).payload(SdkBytes.fromUtf8String("{\"a\":1}")));
    assertThat(answer.payload().asUtf8String()).isEqualTo("{\"a\":1}");
  }

  @Test
  void client_context_and_qualifier_are_passed_on() throws Exception {
    String context =
        Base64.getEncoder()
            .encodeToString(
                "{\"custom\":{\"spillwayHop\":\"2\"}}".getBytes(StandardCharsets.UTF_8));
    InvokeResponse answer =
        lambda.invoke(
            r ->
                r.functionName("script")
                    .qualifier("$LATEST")
                    .clientContext(context)
                    .payload(SdkBytes.fromUtf8String("{\"do\":\"about\"}")));
    JsonNode about = JSON.readTree(answer.payload().asByteArray());
    assertThat(about.get("client").get("spillwayHop").asText()).isEqualTo("2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{} {}", "{} garbage", "[]", "{"})
  void a_client_context_that_is_not_one_json_object_is_refused(String context) {
    String base64 = Base64.getEncoder().encodeToString(context.getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(
            () ->
                lambda.invoke(
                    r ->
                        r.functionName("script")
                            .clientContext(base64)
                            .payload(SdkBytes.fromUtf8String("{}"))))
        .isInstanceOfSatisfying(
            AwsServiceException.class, e -> assertThat(e.statusCode()).isEqualTo(400))
        .hasMessageContaining("Client context must be a valid Base64-encoded JSON object.");
  }

  @Test
  void a_function_error_is_a_200_with_the_header() throws Exception {
    InvokeResponse answer =
        lambda.invoke(
            r -> r.functionName("script").payload(SdkBytes.fromUtf8String("{\"do\":\"throw\"}")));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.functionError()).isEqualTo("Unhandled");
    assertThat(JSON.readTree(answer.payload().asByteArray()).get("errorType").asText())
        .isEqualTo("java.lang.IllegalArgumentException");
  }

  @Test
  void no_payload_is_an_empty_event() {
    assertThat(lambda.invoke(r -> r.functionName("script")).payload().asUtf8String())
        .isEqualTo("{}");
  }

  @Test
  void an_unknown_function_is_not_found_in_awss_words() {
    assertThatThrownBy(() -> lambda.invoke(r -> r.functionName("nope")))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining(
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nope");
    assertThatThrownBy(() -> lambda.invoke(r -> r.functionName("script").qualifier("live")))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("function:script:live");
    assertThatThrownBy(
            () ->
                lambda.invoke(
                    r -> r.functionName("arn:aws:lambda:eu-west-1:123456789012:function:script")))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void dry_run_checks_and_runs_nothing() {
    assertThat(
            lambda
                .invoke(r -> r.functionName("script").invocationType(InvocationType.DRY_RUN))
                .statusCode())
        .isEqualTo(204);
    assertThatThrownBy(
            () -> lambda.invoke(r -> r.functionName("nope").invocationType(InvocationType.DRY_RUN)))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void a_payload_that_is_too_large_is_refused() {
    assertThatThrownBy(
            () ->
                lambda.invoke(
                    r ->
                        r.functionName("script")
                            .payload(SdkBytes.fromUtf8String("\"" + "x".repeat(6_291_456) + "\""))))
        .isInstanceOf(RequestTooLargeException.class);
  }

  @Test
  void a_body_far_over_the_servers_limit_is_refused_in_lambdas_shape_too() throws Exception {
    HttpResponse<String> answer =
        post(INVOKE.formatted("script"), "\"" + "x".repeat(11 << 20) + "\"");
    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(answer.headers().firstValue("x-amzn-errortype"))
        .contains("RequestTooLargeException");
  }

  @Test
  void over_the_limit_a_call_is_throttled_with_its_reason() {
    List<CompletableFuture<InvokeResponse>> two =
        Stream.generate(
                () ->
                    CompletableFuture.supplyAsync(
                        LambdaHttpTest::invokeSleep, Thread::startVirtualThread))
            .limit(2)
            .toList();
    List<Throwable> throttled =
        two.stream()
            .map(one -> one.handle((_, failure) -> failure).join())
            .filter(Objects::nonNull)
            .toList();
    assertThat(throttled)
        .singleElement()
        .extracting(Throwable::getCause)
        .isInstanceOfSatisfying(
            TooManyRequestsException.class,
            e -> {
              assertThat(e.reasonAsString()).isEqualTo("ConcurrentInvocationLimitExceeded");
              assertThat(e.statusCode()).isEqualTo(429);
            });
  }

  private static InvokeResponse invokeSleep() {
    return lambda.invoke(
        r ->
            r.functionName("script")
                .payload(SdkBytes.fromUtf8String("{\"do\":\"sleep\",\"millis\":2000}")));
  }

  @Test
  void functions_are_listed_and_shown() {
    assertThat(lambda.listFunctions().functions())
        .singleElement()
        .satisfies(
            f -> {
              assertThat(f.functionName()).isEqualTo("script");
              assertThat(f.memorySize()).isEqualTo(256);
              assertThat(f.timeout()).isEqualTo(10);
              assertThat(f.codeSha256()).hasSize(44);
            });
    assertThat(
            lambda.listFunctionsPaginator(r -> r.maxItems(1)).functions().stream()
                .map(f -> f.functionName()))
        .containsExactly("script");
    var shown = lambda.getFunction(r -> r.functionName("script"));
    assertThat(shown.configuration().stateAsString()).isEqualTo("Active");
    assertThat(
            lambda
                .getFunctionConfiguration(
                    r -> r.functionName("arn:aws:lambda:us-east-1:123456789012:function:script"))
                .functionArn())
        .isEqualTo("arn:aws:lambda:us-east-1:123456789012:function:script");
    assertThatThrownBy(() -> lambda.getFunction(r -> r.functionName("nope")))
        .isInstanceOf(ResourceNotFoundException.class);
    assertThat(lambda.getAccountSettings(r -> {}).accountLimit().concurrentExecutions())
        .isEqualTo(1);
  }

  @Test
  void a_body_that_is_not_json_is_refused() throws Exception {
    HttpResponse<String> answer = post(INVOKE.formatted("script"), "{\"a\":");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.headers().firstValue("x-amzn-errortype"))
        .contains("InvalidRequestContentException");
    assertThat(JSON.readTree(answer.body()).get("message").asText())
        .startsWith("Could not parse request body into json: ");
    assertThat(JSON.readTree(answer.body()).get("Type").asText()).isEqualTo("User");
    assertThat(answer.headers().firstValue("x-amzn-requestid")).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/2015-03-31/event-source-mappings",
        "/2015-03-31/functions/script/code",
        "/2021-10-31/functions/script/url",
        "/2021-11-15/functions/script/response-streaming-invocations"
      })
  void another_lambda_path_gets_a_typed_error(String path) throws Exception {
    HttpResponse<String> answer = post(path, "{}");
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.headers().firstValue("x-amzn-errortype"))
        .contains("UnknownOperationException");
    assertThat(JSON.readTree(answer.body()).get("message").asText()).contains(path);
  }

  @Test
  void a_qualifier_that_contradicts_the_name_is_refused() throws Exception {
    HttpResponse<String> answer =
        post(INVOKE.formatted("script:$LATEST") + "?Qualifier=live", "{}");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("derived qualifier");
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    return http.send(request(path, body), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpRequest request(String path, String body) {
    return HttpRequest.newBuilder(URI.create(server.getURI() + path))
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }
}
