package dev.spillway.lambda.invoke;

import static dev.spillway.lambda.testkit.LambdaServer.ROLE;
import static dev.spillway.lambda.testkit.LambdaServer.answering;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.lambda.testkit.LambdaServer;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.FunctionEventInvokeConfig;
import software.amazon.awssdk.services.lambda.model.InvalidParameterValueException;
import software.amazon.awssdk.services.lambda.model.PreconditionFailedException;
import software.amazon.awssdk.services.lambda.model.ResourceConflictException;
import software.amazon.awssdk.services.lambda.model.ResourceNotFoundException;
import software.amazon.awssdk.services.lambda.model.TooManyRequestsException;

/** Aliases and what is set on functions, by the unmodified AWS SDK. */
class FunctionSettingsConformanceTest {
  private static final String ARN = "arn:aws:lambda:us-east-1:123456789012:function:";

  @TempDir static Path folder;
  static LambdaServer server;
  static LambdaClient lambda;

  @BeforeAll
  static void start() {
    server = LambdaServer.open(folder, 4);
    lambda = server.lambda;
    for (String name : new String[] {"aliased", "f", "off", "tagged", "guarded"}) {
      lambda.createFunction(
          r ->
              r.functionName(name)
                  .runtime("provided.al2023")
                  .handler("main")
                  .role(ROLE)
                  .publish(true)
                  .code(c -> c.zipFile(answering("one"))));
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void an_alias_points_to_versions_and_shares_calls_between_two() {
    lambda.updateFunctionCode(
        r -> r.functionName("aliased").zipFile(answering("two")).publish(true));
    var made =
        lambda.createAlias(
            r -> r.functionName("aliased").name("live").functionVersion("1").description("d"));
    assertThat(made.aliasArn()).isEqualTo(ARN + "aliased:live");
    assertThat(made.sdkHttpResponse().statusCode()).isEqualTo(201);
    assertThatThrownBy(
            () ->
                lambda.createAlias(
                    r -> r.functionName("aliased").name("live").functionVersion("1")))
        .isInstanceOf(ResourceConflictException.class)
        .hasMessageContaining("Alias already exists: " + ARN + "aliased:live");
    assertThatThrownBy(
            () ->
                lambda.createAlias(
                    r -> r.functionName("aliased").name("other").functionVersion("9")))
        .isInstanceOf(ResourceNotFoundException.class);
    assertThatThrownBy(
            () ->
                lambda.createAlias(r -> r.functionName("aliased").name("12").functionVersion("1")))
        .isInstanceOf(InvalidParameterValueException.class);
    assertThat(executed("aliased", "live")).isEqualTo("1");
    assertThatThrownBy(
            () -> lambda.updateAlias(r -> r.functionName("aliased").name("live").revisionId("x")))
        .isInstanceOf(PreconditionFailedException.class);
    var shared =
        lambda.updateAlias(
            r ->
                r.functionName("aliased")
                    .name("live")
                    .routingConfig(c -> c.additionalVersionWeights(Map.of("2", 0.5)))
                    .revisionId(made.revisionId()));
    assertThat(shared.routingConfig().additionalVersionWeights()).isEqualTo(Map.of("2", 0.5));
    assertThat(shared.description()).isEqualTo("d");
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < 60; i++) {
      counts.merge(executed("aliased", "live"), 1, Integer::sum);
    }
    // Each version gets none of 60 once in 10^18 runs.
    assertThat(counts).containsOnlyKeys("1", "2");
    assertThatThrownBy(() -> lambda.deleteFunction(r -> r.functionName("aliased").qualifier("2")))
        .isInstanceOf(ResourceConflictException.class)
        .hasMessageContaining("aliases reference it: [live]");
    lambda.createAlias(r -> r.functionName("aliased").name("b").functionVersion("$LATEST"));
    assertThat(
            lambda
                .listAliasesPaginator(r -> r.functionName("aliased").maxItems(1))
                .aliases()
                .stream()
                .map(a -> a.name()))
        .containsExactly("b", "live");
    assertThat(lambda.listAliases(r -> r.functionName("aliased").functionVersion("1")).aliases())
        .hasSize(1);
    assertThat(lambda.getAlias(r -> r.functionName("aliased").name("live")).functionVersion())
        .isEqualTo("1");
    assertThat(
            lambda.getFunction(r -> r.functionName("aliased:live")).configuration().functionArn())
        .isEqualTo(ARN + "aliased:live");
    lambda.deleteAlias(r -> r.functionName("aliased").name("live"));
    assertThatThrownBy(() -> lambda.getAlias(r -> r.functionName("aliased").name("live")))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("Cannot find alias arn: " + ARN + "aliased:live");
  }

  private static String executed(String name, String qualifier) {
    return lambda.invoke(r -> r.functionName(name).qualifier(qualifier)).executedVersion();
  }

  @Test
  void reserved_concurrency_of_zero_switches_a_function_off() {
    assertThat(
            lambda
                .putFunctionConcurrency(r -> r.functionName("off").reservedConcurrentExecutions(0))
                .reservedConcurrentExecutions())
        .isZero();
    assertThat(
            lambda
                .getFunctionConcurrency(r -> r.functionName("off"))
                .reservedConcurrentExecutions())
        .isZero();
    assertThatThrownBy(() -> lambda.invoke(r -> r.functionName("off")))
        .isInstanceOfSatisfying(
            TooManyRequestsException.class,
            e ->
                assertThat(e.reasonAsString())
                    .isEqualTo("ReservedFunctionConcurrentInvocationLimitExceeded"));
    lambda.deleteFunctionConcurrency(r -> r.functionName("off"));
    assertThat(
            lambda
                .getFunctionConcurrency(r -> r.functionName("off"))
                .reservedConcurrentExecutions())
        .isNull();
    assertThat(executed("off", null)).isEqualTo("$LATEST");
    assertThatThrownBy(
            () ->
                lambda.putFunctionConcurrency(
                    r -> r.functionName("off").reservedConcurrentExecutions(-1)))
        .isInstanceOf(InvalidParameterValueException.class);
  }

  @Test
  void event_invoke_configurations_are_kept_by_qualifier() {
    assertThatThrownBy(() -> lambda.getFunctionEventInvokeConfig(r -> r.functionName("f")))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("doesn't have an EventInvokeConfig");
    assertThatThrownBy(
            () ->
                lambda.updateFunctionEventInvokeConfig(
                    r -> r.functionName("f").maximumRetryAttempts(1)))
        .isInstanceOf(ResourceNotFoundException.class);
    var put =
        lambda.putFunctionEventInvokeConfig(
            r ->
                r.functionName("f")
                    .maximumRetryAttempts(0)
                    .destinationConfig(d -> d.onFailure(o -> o.destination(ARN + "off"))));
    assertThat(put.functionArn()).isEqualTo(ARN + "f:$LATEST");
    assertThat(put.maximumRetryAttempts()).isZero();
    assertThat(put.maximumEventAgeInSeconds()).isNull();
    assertThat(put.lastModified()).isNotNull();
    var updated =
        lambda.updateFunctionEventInvokeConfig(
            r ->
                r.functionName("f")
                    .maximumEventAgeInSeconds(60)
                    .destinationConfig(d -> d.onSuccess(o -> o.destination("spillway:tasks"))));
    assertThat(updated.maximumRetryAttempts()).isZero();
    assertThat(updated.destinationConfig().onFailure().destination()).isEqualTo(ARN + "off");
    assertThat(updated.destinationConfig().onSuccess().destination()).isEqualTo("spillway:tasks");
    lambda.putFunctionEventInvokeConfig(
        r -> r.functionName("f").qualifier("1").maximumRetryAttempts(2));
    assertThat(
            lambda
                .listFunctionEventInvokeConfigsPaginator(r -> r.functionName("f").maxItems(1))
                .functionEventInvokeConfigs()
                .stream()
                .map(FunctionEventInvokeConfig::functionArn))
        .containsExactly(ARN + "f:$LATEST", ARN + "f:1");
    lambda.deleteFunctionEventInvokeConfig(r -> r.functionName("f").qualifier("1"));
    assertThat(
            lambda
                .getFunctionEventInvokeConfig(r -> r.functionName("f"))
                .maximumEventAgeInSeconds())
        .isEqualTo(60);
  }

  @Test
  void what_nobody_here_delivers_to_is_refused_when_it_is_put() {
    Map<String, String> refused =
        Map.of(
            "arn:aws:sqs:us-east-1:123456789012:q",
            "there is no SQS here",
            "arn:aws:sns:us-east-1:123456789012:t",
            "there is no SNS here",
            "arn:aws:events:us-east-1:123456789012:event-bus/b",
            "there is no EventBridge here",
            ARN + "f:1",
            "is the function itself");
    refused.forEach(
        (target, message) ->
            assertThatThrownBy(
                    () ->
                        lambda.putFunctionEventInvokeConfig(
                            r ->
                                r.functionName("f")
                                    .destinationConfig(
                                        d -> d.onSuccess(o -> o.destination(target)))))
                .isInstanceOf(InvalidParameterValueException.class)
                .hasMessageContaining("DestinationConfig.OnSuccess.Destination")
                .hasMessageContaining(message));
    for (int retries : new int[] {-1, 3}) {
      assertThatThrownBy(
              () ->
                  lambda.putFunctionEventInvokeConfig(
                      r -> r.functionName("f").maximumRetryAttempts(retries)))
          .isInstanceOf(InvalidParameterValueException.class)
          .hasMessageContaining("it must be 0 to 2");
    }
  }

  @Test
  void tags_come_and_go() {
    lambda.tagResource(r -> r.resource(ARN + "tagged").tags(Map.of("a", "1", "b c", "2")));
    assertThat(lambda.listTags(r -> r.resource(ARN + "tagged")).tags())
        .isEqualTo(Map.of("a", "1", "b c", "2"));
    lambda.untagResource(r -> r.resource(ARN + "tagged").tagKeys("a", "b c"));
    assertThat(lambda.listTags(r -> r.resource(ARN + "tagged")).tags()).isEmpty();
    assertThatThrownBy(
            () -> lambda.tagResource(r -> r.resource(ARN + "tagged").tags(Map.of("aws:x", "1"))))
        .isInstanceOf(InvalidParameterValueException.class);
    assertThatThrownBy(() -> lambda.listTags(r -> r.resource(ARN + "none")))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void permissions_are_kept_and_answered() throws Exception {
    assertThatThrownBy(() -> lambda.getPolicy(r -> r.functionName("guarded")))
        .isInstanceOf(ResourceNotFoundException.class);
    var added =
        lambda.addPermission(
            r ->
                r.functionName("guarded")
                    .statementId("s3")
                    .action("lambda:InvokeFunction")
                    .principal("s3.amazonaws.com")
                    .sourceArn("arn:aws:s3:::bucket")
                    .sourceAccount("123456789012"));
    JsonNode statement = new ObjectMapper().readTree(added.statement());
    assertThat(statement.path("Resource").asText()).isEqualTo(ARN + "guarded");
    assertThat(statement.path("Principal").path("Service").asText()).isEqualTo("s3.amazonaws.com");
    assertThat(statement.path("Condition").path("ArnLike").path("AWS:SourceArn").asText())
        .isEqualTo("arn:aws:s3:::bucket");
    assertThatThrownBy(
            () ->
                lambda.addPermission(
                    r ->
                        r.functionName("guarded")
                            .statementId("s3")
                            .action("lambda:InvokeFunction")
                            .principal("*")))
        .isInstanceOf(ResourceConflictException.class);
    var policy = lambda.getPolicy(r -> r.functionName("guarded"));
    assertThat(new ObjectMapper().readTree(policy.policy()).path("Statement").path(0))
        .isEqualTo(statement);
    assertThatThrownBy(
            () ->
                lambda.removePermission(
                    r -> r.functionName("guarded").statementId("s3").revisionId("x")))
        .isInstanceOf(PreconditionFailedException.class);
    lambda.removePermission(
        r -> r.functionName("guarded").statementId("s3").revisionId(policy.revisionId()));
    assertThatThrownBy(() -> lambda.getPolicy(r -> r.functionName("guarded")))
        .isInstanceOf(ResourceNotFoundException.class);
  }
}
