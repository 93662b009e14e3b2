package dev.spillway.dispatch.stack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.Workload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The repository's own template: every reference resolves, and it says what the product needs. */
class OwnTemplateTest {
  private static final Path FILE = Path.of("..", "sam-template.yaml");
  private static final Template.Place PLACE = new Template.Place("us-east-1", "123456789012");

  @TempDir static Path folder;
  private static String text;

  @BeforeAll
  static void codeExists() throws Exception {
    text = Files.readString(FILE);
    for (String zip :
        List.of(
            "lambda-handlers/handlers/target/functions.zip", "dispatcher/target/dispatcher.zip")) {
      Files.createDirectories(folder.resolve(zip).getParent());
      Files.write(folder.resolve(zip), new byte[] {1});
    }
  }

  @Test
  void each_workload_has_both_forms_with_the_limits_that_routing_relies_on() {
    Map<String, Workload> workloads =
        stack(Map.of()).workloads().stream()
            .collect(Collectors.toMap(Workload::name, Function.identity()));
    assertThat(workloads)
        .containsOnlyKeys(
            "thumbnail", "catalog-collect", "catalog-feed", "catalog-images", "pause");
    assertThat(workloads.values())
        .allSatisfy(
            workload -> {
              assertThat(workload.function()).isPresent();
              assertThat(workload.jobDefinition().orElseThrow().image())
                  .isEqualTo("spillway/workloads:latest");
            });
    assertThat(workloads.get("thumbnail").function().orElseThrow())
        .isEqualTo(new Workload.FunctionForm("thumbnail", 10, 1024, 512, "x86_64", "zip", false));
    assertThat(workloads.get("catalog-feed").function().orElseThrow())
        .isEqualTo(
            new Workload.FunctionForm("catalog-feed", 30, 1024, 512, "x86_64", "zip", false));
    assertThat(workloads.get("pause").function().orElseThrow().timeoutSeconds()).isEqualTo(3);
  }

  @Test
  void each_job_definition_runs_the_main_that_understands_packs_and_says_so() {
    assertThat(stack(Map.of()).workloads())
        .allSatisfy(w -> assertThat(w.jobDefinition().orElseThrow().packs()).isTrue());
  }

  @Test
  void there_is_a_spot_route_and_an_on_demand_route() {
    assertThat(stack(Map.of()).queues())
        .extracting(BatchQueue::route)
        .containsExactlyInAnyOrder(Route.BATCH_SPOT, Route.BATCH_EC2);
  }

  @Test
  void the_job_definitions_command_is_the_workloads_name() {
    assertThat(stack(Map.of()).jobDefinitions())
        .allSatisfy(
            definition ->
                assertThat(definition.request().path("containerProperties").path("command"))
                    .singleElement()
                    .satisfies(word -> assertThat(word.asText()).isEqualTo(definition.name())));
  }

  @Test
  void every_reference_resolves_with_the_submit_api_too() {
    Stack stack = stack(Map.of("SubmitApi", "true"));
    assertThat(stack.functions())
        .extracting(Stack.Function::logicalId)
        .contains("Dispatcher", "PauseFunction");
    assertThat(stack.functions())
        .allSatisfy(f -> assertThat(f.configuration().runtime()).isEqualTo("java25"));
    assertThat(stack(Map.of()).functions())
        .extracting(Stack.Function::logicalId)
        .doesNotContain("Dispatcher");
  }

  private static Stack stack(Map<String, String> parameters) {
    return StackReader.read(Template.parse("sam-template.yaml", folder, text, parameters, PLACE));
  }
}
