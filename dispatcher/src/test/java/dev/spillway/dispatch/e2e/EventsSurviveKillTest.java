package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.InvocationType;

/**
 * Events sent by several clients to a real server that is killed in their middle: each one that was
 * acknowledged is carried out, and its destination is told. Functions are made while the server is
 * killed, too: each that was acknowledged is there, whole.
 */
@Tag("crash")
class EventsSurviveKillTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SENDERS = 4;
  private static final int KILLS = 3;
  private static final int EVENTS_BETWEEN_KILLS = 80;

  /** Ids that the endpoint was told of, and how often. */
  private final Map<String, AtomicInteger> told = new ConcurrentHashMap<>();

  private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
  private final Set<String> made = ConcurrentHashMap.newKeySet();
  private final AtomicInteger ids = new AtomicInteger();
  private HttpServer endpoint;
  private volatile LambdaClient lambda;
  private volatile boolean sending = true;

  @TempDir Path temp;

  @BeforeEach
  void listen() throws IOException {
    endpoint = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    endpoint.createContext("/", this::take);
    endpoint.start();
  }

  private void take(HttpExchange exchange) throws IOException {
    JsonNode record = JSON.readTree(exchange.getRequestBody().readAllBytes());
    String id = record.path("responsePayload").path("id").asText();
    told.computeIfAbsent(id, _ -> new AtomicInteger()).incrementAndGet();
    exchange.sendResponseHeaders(204, -1);
    exchange.close();
  }

  @AfterEach
  void stop() {
    sending = false;
    endpoint.stop(0);
  }

  @Test
  void each_acknowledged_event_and_function_survives_three_kills() throws Exception {
    long seed = Long.getLong("spillway.seed", System.nanoTime());
    Random random = new Random(seed);
    Path config =
        Files.writeString(
            temp.resolve("spillway.yaml"),
            "runner: process\nfunction: {concurrency: 4, asyncRetryDelays: [1s, 1s]}\n");
    String[] options = {"--config", config.toString()};
    LiveServer server = LiveServer.start(temp.resolve("data"), options);
    try {
      lambda = client(server);
      create("echo");
      lambda.putFunctionEventInvokeConfig(
          r ->
              r.functionName("echo")
                  .destinationConfig(
                      d ->
                          d.onSuccess(
                              o ->
                                  o.destination(
                                      "http://127.0.0.1:" + endpoint.getAddress().getPort()))));
      for (int i = 0; i < SENDERS; i++) {
        Thread.ofVirtual().start(this::send);
      }
      Thread.ofVirtual().start(this::make);
      for (int kill = 1; kill <= KILLS; kill++) {
        int target = kill * EVENTS_BETWEEN_KILLS + random.nextInt(40);
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(10))
            .until(() -> acknowledged.size() >= target);
        server.kill9();
        server = LiveServer.start(temp.resolve("data"), options);
        lambda = client(server);
      }
      sending = false;
      Awaitility.await()
          .atMost(Duration.ofSeconds(150))
          .pollInterval(Duration.ofMillis(100))
          .until(() -> told.keySet().containsAll(acknowledged));
      for (String name : made) {
        assertThat(lambda.invoke(r -> r.functionName(name)).functionError())
            .as("seed %d, function %s", seed, name)
            .isNull();
      }
      long twice = told.values().stream().filter(count -> count.get() > 1).count();
      System.out.printf(
          "events: %d acknowledged, %d told, %d of them more than once, functions made: %d,"
              + " kills: %d, seed: %d%n",
          acknowledged.size(), told.size(), twice, made.size(), KILLS, seed);
    } finally {
      server.close();
    }
  }

  private void send() {
    while (sending) {
      String id = "e" + ids.incrementAndGet();
      try {
        int status =
            lambda
                .invoke(
                    r ->
                        r.functionName("echo")
                            .invocationType(InvocationType.EVENT)
                            .payload(SdkBytes.fromUtf8String("{\"id\":\"" + id + "\"}")))
                .statusCode();
        assertThat(status).isEqualTo(202);
        acknowledged.add(id);
      } catch (SdkException | IllegalStateException serverIsGone) {
        pause();
      }
    }
  }

  private void make() {
    while (sending) {
      String name = "made-" + ids.incrementAndGet();
      try {
        create(name);
        made.add(name);
      } catch (SdkException | IllegalStateException serverIsGone) {
        // Whole or absent; absent is what this one may be.
      }
      pause();
    }
  }

  /** Leaves the server some of the cores. */
  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void create(String name) {
    lambda.createFunction(
        r ->
            r.functionName(name)
                .runtime("provided.al2023")
                .handler("main")
                .role("arn:aws:iam::123456789012:role/any")
                .timeout(10)
                .code(c -> c.zipFile(CODE)));
  }

  private static LambdaClient client(LiveServer server) {
    return LambdaClient.builder()
        .endpointOverride(server.url())
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
        .httpClientBuilder(UrlConnectionHttpClient.builder())
        .overrideConfiguration(c -> c.retryStrategy(r -> r.maxAttempts(1)))
        .build();
  }

  /** A shell runtime that answers each event with itself. */
  private static final SdkBytes CODE =
      zip(
          """
          #!/bin/sh
          API="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime"
          while :; do
            H=$(mktemp)
            EVENT=$(curl -sS -D "$H" "$API/invocation/next") || exit 1
            ID=$(tr -d '\\r' <"$H" | awk -F': ' 'tolower($1)=="lambda-runtime-aws-request-id"{print $2}')
            rm "$H"
            printf '%s' "$EVENT" | curl -sS --data-binary @- "$API/invocation/$ID/response" >/dev/null
          done
          """);

  private static SdkBytes zip(String bootstrap) {
    try {
      Path file = Files.createTempDirectory("event-code").resolve("code.zip");
      try (var archive =
          FileSystems.newFileSystem(
              file, Map.of("create", "true", "enablePosixFileAttributes", "true"))) {
        Path inside = Files.writeString(archive.getPath("bootstrap"), bootstrap);
        Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
      SdkBytes bytes = SdkBytes.fromByteArray(Files.readAllBytes(file));
      Files.delete(file);
      Files.delete(file.getParent());
      return bytes;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
