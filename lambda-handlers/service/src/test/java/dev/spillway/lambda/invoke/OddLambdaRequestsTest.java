package dev.spillway.lambda.invoke;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.lambda.testkit.LambdaServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests that nobody should send to the control plane, from one seed: each answer is an answer of
 * Lambda's, none is a 5xx, and what was refused left nothing.
 */
@Tag("fuzz")
class OddLambdaRequestsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int REQUESTS = Boolean.getBoolean("spillway.soak") ? 40_000 : 3_000;
  private static final List<String> PATHS =
      List.of(
          "/2015-03-31/functions",
          "/2015-03-31/functions/NAME",
          "/2015-03-31/functions/NAME/configuration",
          "/2015-03-31/functions/NAME/code",
          "/2015-03-31/functions/NAME/versions",
          "/2015-03-31/functions/NAME/aliases",
          "/2015-03-31/functions/NAME/aliases/NAME",
          "/2015-03-31/functions/NAME/policy",
          "/2015-03-31/functions/NAME/policy/NAME",
          "/2017-10-31/functions/NAME/concurrency",
          "/2019-09-30/functions/NAME/concurrency",
          "/2019-09-25/functions/NAME/event-invoke-config",
          "/2019-09-25/functions/NAME/event-invoke-config/list",
          "/2017-03-31/tags/NAME",
          "/2016-08-19/account-settings",
          "/2031-01-01/functions/NAME");
  private static final List<String> NAMES =
      List.of(
          "f",
          "none",
          "f:1",
          "f:$LATEST",
          "f:live",
          "%00",
          "%",
          "%ff%fe",
          "..",
          "..%2f..%2fetc",
          "arn:aws:lambda:us-east-1:123456789012:function:f",
          "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af%3A1",
          "arn:aws:lambda:eu-west-1:123456789012:function:f",
          "arn:aws:s3:::bucket",
          "a%20b",
          "x".repeat(300),
          "1",
          "\u00fc".replace("\u00fc", "%C3%BC"));
  private static final List<String> MEMBERS =
      List.of(
          "FunctionName",
          "Runtime",
          "Role",
          "Handler",
          "Code",
          "ZipFile",
          "Timeout",
          "MemorySize",
          "Environment",
          "Variables",
          "Tags",
          "Name",
          "FunctionVersion",
          "RoutingConfig",
          "AdditionalVersionWeights",
          "ReservedConcurrentExecutions",
          "MaximumRetryAttempts",
          "MaximumEventAgeInSeconds",
          "DestinationConfig",
          "OnSuccess",
          "OnFailure",
          "Destination",
          "DeadLetterConfig",
          "TargetArn",
          "StatementId",
          "Action",
          "Principal",
          "Architectures",
          "EphemeralStorage",
          "Size",
          "Publish",
          "DryRun",
          "VpcConfig",
          "SubnetIds",
          "Nonsense");

  @TempDir Path folder;
  private Random random;

  @Test
  void no_request_gets_anything_but_an_answer_of_lambdas() throws Exception {
    long seed = Long.getLong("spillway.seed", System.nanoTime());
    random = new Random(seed);
    Map<Integer, Integer> statuses = new TreeMap<>();
    try (LambdaServer server = LambdaServer.open(folder, 1);
        HttpClient http = HttpClient.newHttpClient()) {
      server.lambda.createFunction(
          r ->
              r.functionName("f")
                  .runtime("provided.al2023")
                  .handler("main")
                  .role(LambdaServer.ROLE)
                  .code(c -> c.zipFile(LambdaServer.answering("one"))));
      for (int i = 0; i < REQUESTS; i++) {
        String method = one(List.of("GET", "POST", "PUT", "DELETE"));
        String path = path();
        if (method.equals("DELETE") && path.matches("/2015-03-31/functions/[^/]*")) {
          continue; // The function is needed.
        }
        String body = random.nextInt(10) == 0 ? broken() : value(0, true);
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(URI.create(server.url() + path))
                    .method(method, HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        statuses.merge(answer.statusCode(), 1, Integer::sum);
        String what = "seed %d: %s %s %s -> %s".formatted(seed, method, path, body, answer.body());
        assertThat(answer.statusCode()).as(what).isLessThan(500);
        if (answer.statusCode() >= 400) {
          assertThat(answer.headers().firstValue("x-amzn-errortype")).as(what).isPresent();
          JsonNode error = JSON.readTree(answer.body());
          assertThat(error.path("message").asText() + error.path("Message").asText())
              .as(what)
              .isNotEmpty();
        }
      }
      System.out.printf("odd requests: %d, answers: %s, seed: %d%n", REQUESTS, statuses, seed);
      assertThat(server.lambda.getFunction(r -> r.functionName("f")).configuration().state())
          .isNotNull();
    }
  }

  private String path() {
    String path = one(PATHS);
    while (path.contains("NAME")) {
      path = path.replaceFirst("NAME", java.util.regex.Matcher.quoteReplacement(one(NAMES)));
    }
    // What the client would not send is sent as it is in the path of a raw request, so keep those.
    path = path.replace("%/", "%25/").replaceAll("%$", "%25");
    if (random.nextInt(4) == 0) {
      path +=
          "?"
              + one(List.of("Qualifier", "MaxItems", "Marker", "tagKeys", "X", "RevisionId"))
              + "="
              + one(List.of("", "1", "live", "%24LATEST", "-1", "99999999999", "%00", "a%20b"));
    }
    return path;
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private String value(int depth, boolean object) {
    int kind = object ? 9 : random.nextInt(depth > 2 ? 7 : 10);
    return switch (kind) {
      case 0 -> "null";
      case 1 -> "true";
      case 2 -> Integer.toString(random.nextInt(2000) - 100);
      case 3 -> one(List.of("1.5", "1e400", "-0", "99999999999999999999"));
      case 4 -> "\"" + one(List.of("", "f", "1", "$LATEST", "provided.al2023", "java25")) + "\"";
      case 5 ->
          "\""
              + one(
                  List.of(
                      LambdaServer.ROLE,
                      "\\u0000",
                      "\\ud800",
                      "x".repeat(3000),
                      "https://example.org/x",
                      "spillway:tasks",
                      "http://",
                      "lambda:InvokeFunction"))
              + "\"";
      case 6 ->
          "\""
              + Base64.getEncoder()
                  .encodeToString("PK\u0003\u0004nothing".getBytes(StandardCharsets.UTF_8))
              + "\"";
      case 7 -> "[" + value(depth + 1, false) + "]";
      default -> {
        Map<String, String> members = new TreeMap<>();
        for (int i = random.nextInt(6); i >= 0; i--) {
          members.put(one(MEMBERS), value(depth + 1, false));
        }
        StringBuilder text = new StringBuilder("{");
        members.forEach(
            (name, member) ->
                text.append(text.length() == 1 ? "" : ",")
                    .append('"')
                    .append(name)
                    .append("\":")
                    .append(member));
        yield text.append('}').toString();
      }
    };
  }

  private String broken() {
    return one(List.of("{", "[]", "\"x\"", "{\"a\":1}x", "{\"a\":1,\"a\":2}", "\u0000", "nul"));
  }
}
