package dev.spillway.dispatch;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Module directions and pure folders. */
class BordersTest {
  private static JavaClasses product;

  @BeforeAll
  static void read() {
    product =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.spillway.dispatch");
  }

  @Test
  void routing_and_fallback_are_pure() {
    for (String folder : new String[] {"routing", "fallback"}) {
      classes()
          .that()
          .resideInAPackage("dev.spillway.dispatch." + folder + "..")
          .should()
          .onlyDependOnClassesThat(
              resideInAPackage("java.lang..")
                  .or(resideInAPackage("java.util"))
                  .or(resideInAPackage("java.util.function"))
                  .or(resideInAPackage("java.util.regex"))
                  .or(resideInAPackage("java.util.stream"))
                  .or(resideInAPackage("java.time.."))
                  .or(resideInAPackage("dev.spillway.dispatch.routing.."))
                  .or(
                      folder.equals("fallback")
                          ? resideInAPackage("dev.spillway.dispatch.fallback")
                          : resideInAPackage("dev.spillway.dispatch.routing.."))
                  .or(describe("arrays", JavaClass::isArray)))
          .check(product);
      noClasses()
          .that()
          .resideInAPackage("dev.spillway.dispatch." + folder + "..")
          .should()
          .callMethod(Instant.class, "now")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .dependOnClassesThat()
          .belongToAnyOf(Clock.class, java.util.Random.class, java.util.UUID.class)
          .check(product);
    }
  }

  @Test
  void cost_and_prediction_know_nothing_of_routes_and_of_each_other() {
    for (String[] pair : new String[][] {{"cost", "prediction"}, {"prediction", "cost"}}) {
      noClasses()
          .that()
          .resideInAPackage("dev.spillway.dispatch.routing." + pair[0])
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.spillway.dispatch.routing", "dev.spillway.dispatch.routing." + pair[1])
          .check(product);
    }
  }

  @Test
  void only_adapters_and_wiring_see_the_engines_and_only_their_ports() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.spillway.dispatch.task..",
            "dev.spillway.dispatch.trigger..",
            "dev.spillway.dispatch.routing..",
            "dev.spillway.dispatch.fallback..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.spillway.batch..", "dev.spillway.lambda..")
        .check(product);
    Set<String> ports =
        Set.of(
            "dev.spillway.batch.api.BatchOperations",
            "dev.spillway.batch.api.BatchApiException",
            "dev.spillway.batch.engine.JobEvents",
            "dev.spillway.batch.engine.OutboxEvent",
            "dev.spillway.batch.engine.OutboxEvent$JobStateChange",
            "dev.spillway.batch.logs.JobLogs",
            "dev.spillway.lambda.function.FunctionService",
            "dev.spillway.lambda.function.LambdaException");
    noClasses()
        .that()
        .resideInAPackage("dev.spillway.dispatch.aws")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.spillway.batch..")
                .or(resideInAPackage("dev.spillway.lambda.."))
                .and(
                    describe(
                        "are no ports",
                        type ->
                            ports.stream()
                                .noneMatch(p -> type.getName().split("\\$")[0].equals(p)))))
        .check(product);
  }

  @Test
  void the_simulation_sees_of_the_engines_only_batch_in_pretend_time() {
    Set<String> face =
        Set.of("dev.spillway.batch.replay.VirtualBatch", "dev.spillway.batch.replay.JobMove");
    noClasses()
        .that()
        .resideInAPackage("dev.spillway.dispatch.simulate")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.spillway.batch..")
                .or(resideInAPackage("dev.spillway.lambda.."))
                .and(
                    describe(
                        "are not in its face",
                        type -> !face.contains(type.getName().split("\\$")[0]))))
        .check(product);
  }

  @Test
  void the_pure_step_knows_nothing_of_tasks_and_their_store() {
    noClasses()
        .that()
        .resideInAPackage("dev.spillway.dispatch.routing..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.spillway.dispatch.fallback")
        .check(product);
  }
}
