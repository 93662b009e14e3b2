package dev.spillway.dispatch.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemplateTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "!Ref Stage                                   | dev",
        "!Ref AWS::Region                             | eu-west-1",
        "!Sub 'x-${Stage}-${AWS::AccountId}'          | x-dev-111122223333",
        "!Sub 'a ${!Stage} b'                         | a ${Stage} b",
        "!Sub ['${A}/${Stage}', {A: !Ref Stage}]      | dev/dev",
        "!Sub '${Bucket.Arn}/*'                       | arn:aws:s3:::photos-dev/*",
        "!Join ['-', [a, !Ref Stage, 3]]              | a-dev-3",
        "!Select [1, !Split [',', 'a,b,c']]           | b",
        "!If [Production, big, small]                 | small",
        "!If [Test, !Ref Stage, small]                | dev",
        "!FindInMap [Sizes, !Ref Stage, memory]       | 512",
        "!Ref Bucket                                  | photos-dev",
        "!GetAtt Bucket.Arn                           | arn:aws:s3:::photos-dev",
        "!Ref Queue                                   | arn:aws:batch:eu-west-1:111122223333:job-queue/Queue",
        "!GetAtt Queue.JobQueueArn                    | arn:aws:batch:eu-west-1:111122223333:job-queue/Queue",
        "!Ref Fn                                      | Fn",
        "!GetAtt Fn.Arn                               | arn:aws:lambda:eu-west-1:111122223333:function:Fn",
        "!GetAtt FnRole.Arn                           | arn:aws:iam::111122223333:role/FnRole",
        "{Ref: Stage}                                 | dev",
        "{'Fn::GetAtt': [Bucket, Arn]}                | arn:aws:s3:::photos-dev",
        "2012-10-17                                   | 2012-10-17",
        "no                                           | no",
        "!Base64 ab                                   | YWI=",
      })
  void a_function_gives_what_cloudformation_gives(String expression, String expected) {
    Template template = parse("  X: {Type: T, Properties: {Value: " + expression + "}}", Map.of());
    assertThat(String.valueOf(resource(template, "X").properties().get("Value")))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "!Ref Nope               | X.Value: \"Nope\" is neither a parameter nor a resource",
        "!GetAtt Nope.Arn        | X.Value: \"Nope\" is not a resource",
        "!Sub '${Nope}'          | X.Value: \"Nope\" is neither a parameter nor a resource",
        "!If [Nope, a, b]        | X.Value: condition \"Nope\" is not declared in Conditions",
        "!If [Loop, a, b]        | X.Value: condition \"Loop\" refers to itself",
        "!FindInMap [Sizes, x, y]| X.Value: Fn::FindInMap finds no \"x\" in Mappings",
        "!Select [7, [a]]        | X.Value: Fn::Select has index 7, the list has 1 items",
        "!Join [a]               | X.Value: Fn::Join needs a list of 2",
        "!ImportValue a          | X.Value: Fn::ImportValue is not supported here",
      })
  void what_cannot_be_resolved_names_its_place_and_the_reason(String expression, String message) {
    assertThatThrownBy(
            () -> parse("  X: {Type: T, Properties: {Value: " + expression + "}}", Map.of()))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining(message);
  }

  @Test
  void a_false_condition_removes_the_resource_and_no_value_the_property() {
    String resources =
        """
          Gone: {Type: T, Condition: Production}
          Here: {Type: T, Condition: Test, Properties: {A: !Ref AWS::NoValue, B: [1, !Ref AWS::NoValue]}}
        """;
    assertThat(parse(resources, Map.of()).resources())
        .extracting(Template.Resource::logicalId)
        .contains("Here")
        .doesNotContain("Gone");
    assertThat(resource(parse(resources, Map.of()), "Here").properties())
        .isEqualTo(Map.of("B", List.of(1)));
    assertThat(parse(resources, Map.of("Stage", "prod")).resources())
        .extracting(Template.Resource::logicalId)
        .contains("Gone");
  }

  @Test
  void globals_merge_beneath_a_function() {
    Template.Resource function =
        resource(
            parse(
                """
                  F:
                    Type: AWS::Serverless::Function
                    Properties: {Timeout: 5, Tags: {own: x}, Architectures: [arm64]}
                  G: {Type: AWS::Serverless::Function, IgnoreGlobals: '*', Properties: {Timeout: 6}}
                """,
                Map.of()),
            "F");
    assertThat(function.properties())
        .containsEntry("Timeout", 5)
        .containsEntry("Runtime", "java25")
        .containsEntry("Tags", Map.of("team", "dev", "own", "x"));
  }

  @ParameterizedTest
  @CsvSource({
    "Stage, qa, 'parameter \"Stage\" is \"qa\"; allowed are [dev, prod]'",
    "Stag, dev, 'parameter \"Stag\" is not declared'",
    "Count, many, 'parameter \"Count\" is \"many\"; it must be a number'",
  })
  void a_parameters_rules_are_kept(String name, String value, String message) {
    assertThatThrownBy(() -> parse("  X: {Type: T}", Map.of(name, value)))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining(message);
  }

  @Test
  void all_faults_are_told_at_once() {
    assertThatThrownBy(
            () ->
                parse(
                    "  X: {Type: T, Properties: {A: !Ref One}}\n  Y: {Properties: {}}\n", Map.of()))
        .isInstanceOfSatisfying(
            TemplateException.class,
            e ->
                assertThat(e.faults())
                    .containsExactly(
                        "X.A: \"One\" is neither a parameter nor a resource", "Y has no Type"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Resources: [| not YAML",
        "a: 1| no section Resources",
        "a: 1\\na: 2| duplicate key a"
      })
  void what_is_no_template_is_said(String text, String message) {
    assertThatThrownBy(
            () ->
                Template.parse("t.yaml", Path.of("/"), text.replace("\\n", "\n"), Map.of(), PLACE))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining(message);
  }

  private static final Template.Place PLACE = new Template.Place("eu-west-1", "111122223333");

  private static Template parse(String resources, Map<String, String> overrides) {
    return Template.parse(
        "t.yaml",
        Path.of("/"),
        """
        AWSTemplateFormatVersion: 2010-09-09
        Parameters:
          Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
          Count: {Type: Number, Default: 3}
        Mappings: {Sizes: {dev: {memory: 512}, prod: {memory: 1024}}}
        Conditions:
          Production: !Equals [!Ref Stage, prod]
          Test: !Not [!Condition Production]
        %s
        Globals: {Function: {Runtime: java25, Timeout: 30, Tags: {team: !Ref Stage}}}
        Resources:
          Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub 'photos-${Stage}'}}
          Queue: {Type: AWS::Batch::JobQueue}
          Fn: {Type: AWS::Serverless::Function}
        %s
        """
            .formatted(
                resources.contains("Loop") ? "  Loop: !Not [!Condition Loop]" : "", resources),
        overrides,
        PLACE);
  }

  private static Template.Resource resource(Template template, String id) {
    return template.resources().stream()
        .filter(r -> r.logicalId().equals(id))
        .findFirst()
        .orElseThrow();
  }
}
