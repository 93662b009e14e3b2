package dev.spillway.dispatch.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.lambda.function.EventInvokeConfig;
import dev.spillway.lambda.function.FunctionConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a template says of a function's events. */
class FunctionEventsTest {
  @TempDir Path folder;

  @BeforeEach
  void zip() throws Exception {
    Files.write(folder.resolve("f.zip"), new byte[] {1});
  }

  @Test
  void retries_age_destinations_and_dead_letters_are_read() throws Exception {
    FunctionConfiguration function =
        read("""
                      Description: says something
                      ReservedConcurrentExecutions: 3
                      DeadLetterQueue: {Type: Lambda, TargetArn: !GetAtt Other.Arn}
                      EventInvokeConfig:
                        MaximumRetryAttempts: 1
                        MaximumEventAgeInSeconds: '120'
                        DestinationConfig:
                          OnSuccess: {Destination: "https://example.org/done"}
                          OnFailure: {Destination: "spillway:tasks"}
                """)
            .functions()
            .getFirst()
            .configuration();
    assertThat(function.details().description()).isEqualTo("says something");
    assertThat(function.reservedConcurrency()).hasValue(3);
    assertThat(function.details().deadLetter())
        .contains("arn:aws:lambda:us-east-1:123456789012:function:other");
    assertThat(function.eventInvoke())
        .contains(
            new EventInvokeConfig(
                OptionalInt.of(1),
                OptionalInt.of(120),
                Optional.of("https://example.org/done"),
                Optional.of("spillway:tasks"),
                Instant.EPOCH));
  }

  @Test
  void what_only_aws_delivers_to_is_kept_and_said() throws Exception {
    Stack stack =
        read(
            """
                  DeadLetterQueue: {Type: SQS, TargetArn: "arn:aws:sqs:us-east-1:123456789012:q"}
                  EventInvokeConfig:
                    DestinationConfig:
                      OnFailure: {Type: SNS}
            """);
    assertThat(stack.functions().getFirst().configuration().details().deadLetter()).isEmpty();
    assertThat(stack.kept())
        .contains(
            "F: DeadLetterQueue (nobody here delivers to arn:aws:sqs:us-east-1:123456789012:q)",
            "F: EventInvokeConfig.DestinationConfig.OnFailure (nobody here delivers to null)");
  }

  @Test
  void a_number_out_of_bounds_is_a_fault_with_its_place() {
    assertThatThrownBy(() -> read("      EventInvokeConfig: {MaximumRetryAttempts: 3, Age: 1}\n"))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("F.EventInvokeConfig.MaximumRetryAttempts")
        .hasMessageContaining("0 to 2")
        .hasMessageContaining("F.EventInvokeConfig.Age is not a property");
  }

  private Stack read(String properties) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("template.yaml"),
            """
            AWSTemplateFormatVersion: '2010-09-09'
            Transform: AWS::Serverless-2016-10-31
            Resources:
              F:
                Type: AWS::Serverless::Function
                Properties:
                  FunctionName: f
                  Runtime: java25
                  Handler: a.B
                  CodeUri: f.zip
            """
                + properties.indent(0).replaceAll("(?m)^ {0,6}", "      ")
                + """
              Other:
                Type: AWS::Serverless::Function
                Properties: {FunctionName: other, Runtime: java25, Handler: a.B, CodeUri: f.zip}
            """);
    return StackReader.read(
        Template.read(file, Map.of(), new Template.Place("us-east-1", "123456789012")));
  }
}
