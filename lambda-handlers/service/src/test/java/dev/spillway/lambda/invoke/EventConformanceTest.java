package dev.spillway.lambda.invoke;

import static dev.spillway.lambda.testkit.LambdaServer.ROLE;
import static dev.spillway.lambda.testkit.LambdaServer.loop;
import static dev.spillway.lambda.testkit.LambdaServer.zip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.spillway.lambda.async.AsyncInvocations;
import dev.spillway.lambda.testkit.LambdaServer;
import dev.spillway.lambda.testkit.TestService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.InvocationType;
import software.amazon.awssdk.services.lambda.model.RequestTooLargeException;
import software.amazon.awssdk.services.lambda.model.ResourceNotFoundException;

/** Events sent by the unmodified AWS SDK to real functions, and a real endpoint that is told. */
class EventConformanceTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What an endpoint got. */
  private record Post(String path, String body, String errorMessage) {}

  private static final List<Post> POSTS = new CopyOnWriteArrayList<>();
  @TempDir static Path folder;
  static LambdaServer server;
  static LambdaClient lambda;
  static HttpServer endpoint;
  private static volatile boolean endpointFails;

  @BeforeAll
  static void start() throws Exception {
    server =
        LambdaServer.open(
            TestService.settings(folder, 4, Duration.ofMinutes(5), Duration.ofSeconds(10))
                .withAsyncRetryDelays(List.of(Duration.ofMillis(50), Duration.ofMillis(100))));
    lambda = server.lambda;
    endpoint = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    endpoint.createContext("/", EventConformanceTest::take);
    endpoint.start();
  }

  private static void take(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    boolean fail = endpointFails;
    if (!fail) {
      POSTS.add(
          new Post(
              exchange.getRequestURI().getPath(),
              body,
              exchange.getRequestHeaders().getFirst("ErrorMessage")));
    }
    exchange.sendResponseHeaders(fail ? 503 : 204, -1);
    exchange.close();
  }

  @AfterAll
  static void stop() {
    server.close();
    endpoint.stop(0);
  }

  private static String at(String path) {
    return "http://127.0.0.1:" + endpoint.getAddress().getPort() + path;
  }

  private static void create(String name, String command) {
    lambda.createFunction(
        r ->
            r.functionName(name)
                .runtime("provided.al2023")
                .handler("main")
                .role(ROLE)
                .deadLetterConfig(d -> d.targetArn(at("/" + name + "/dead")))
                .code(c -> c.zipFile(zip(Map.of("bootstrap", loop(command))))));
    lambda.putFunctionEventInvokeConfig(
        r ->
            r.functionName(name)
                .destinationConfig(
                    d ->
                        d.onSuccess(o -> o.destination(at("/" + name + "/success")))
                            .onFailure(o -> o.destination(at("/" + name + "/failure")))));
  }

  private static List<Post> posts(String path) {
    return POSTS.stream().filter(post -> post.path().equals(path)).toList();
  }

  @Test
  void an_event_is_acknowledged_at_once_and_its_end_is_told() throws Exception {
    create("works", "printf '%s' \"$EVENT\"");
    var answer =
        lambda.invoke(
            r ->
                r.functionName("works")
                    .invocationType(InvocationType.EVENT)
                    .payload(SdkBytes.fromUtf8String("{\"a\":1}")));
    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(answer.payload().asByteArray()).isEmpty();
    await().until(() -> posts("/works/success").size() == 1);
    JsonNode record = JSON.readTree(posts("/works/success").getFirst().body());
    assertThat(record.path("requestContext").path("requestId").asText())
        .isEqualTo(answer.responseMetadata().requestId());
    assertThat(record.path("responsePayload")).isEqualTo(JSON.readTree("{\"a\":1}"));
    await().until(() -> server.bean(AsyncInvocations.class).waiting() == 0);
  }

  @Test
  void a_failure_is_retried_twice_and_goes_to_both_the_destination_and_the_dead_letters()
      throws Exception {
    Path runs = folder.resolve("runs");
    create("fails", "echo x >>" + runs + "; exit 3; true");
    lambda.invoke(
        r ->
            r.functionName("fails")
                .invocationType(InvocationType.EVENT)
                .payload(SdkBytes.fromUtf8String("{\"a\":2}")));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> posts("/fails/failure").size() + posts("/fails/dead").size() == 2);
    assertThat(Files.readAllLines(runs)).hasSize(3);
    JsonNode record = JSON.readTree(posts("/fails/failure").getFirst().body());
    assertThat(record.path("requestContext").path("condition").asText())
        .isEqualTo("RetriesExhausted");
    assertThat(record.path("requestContext").path("approximateInvokeCount").asInt()).isEqualTo(3);
    assertThat(record.path("responseContext").path("functionError").asText())
        .isEqualTo("Unhandled");
    assertThat(record.path("responsePayload").path("errorType").asText())
        .isEqualTo("Runtime.ExitError");
    Post dead = posts("/fails/dead").getFirst();
    assertThat(dead.body()).isEqualTo("{\"a\":2}");
    assertThat(dead.errorMessage()).endsWith("Runtime exited with error: exit status 3");
  }

  @Test
  void an_endpoint_that_fails_is_told_once_more() {
    create("patient", "printf 1");
    endpointFails = true;
    lambda.invoke(r -> r.functionName("patient").invocationType(InvocationType.EVENT));
    await().during(Duration.ofMillis(500)).until(() -> posts("/patient/success").isEmpty());
    endpointFails = false;
    await().atMost(Duration.ofSeconds(15)).until(() -> posts("/patient/success").size() == 1);
  }

  @Test
  void what_cannot_be_an_event_is_refused_in_awss_words() {
    create("small", "printf 1");
    assertThatThrownBy(
            () -> lambda.invoke(r -> r.functionName("no").invocationType(InvocationType.EVENT)))
        .isInstanceOf(ResourceNotFoundException.class);
    assertThatThrownBy(
            () ->
                lambda.invoke(
                    r ->
                        r.functionName("small")
                            .invocationType(InvocationType.EVENT)
                            .payload(SdkBytes.fromUtf8String("\"" + "x".repeat(1 << 20) + "\""))))
        .isInstanceOf(RequestTooLargeException.class)
        .hasMessageContaining("too large for the Event invocation type (limit 1048576 bytes)");
  }

  /** The SDK for Java does not have it; {@code aws lambda invoke-async} does. */
  @Test
  void the_older_form_of_an_event_works_too() throws Exception {
    create("older", "printf 1");
    int status =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(server.url() + "/2014-11-13/functions/older/invoke-async/"))
                    .POST(HttpRequest.BodyPublishers.ofString("{}"))
                    .build(),
                HttpResponse.BodyHandlers.discarding())
            .statusCode();
    assertThat(status).isEqualTo(202);
    await().until(() -> posts("/older/success").size() == 1);
  }
}
