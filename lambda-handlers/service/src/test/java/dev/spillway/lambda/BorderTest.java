package dev.spillway.lambda;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom. */
@AnalyzeClasses(packages = "dev.spillway", importOptions = DoNotIncludeTests.class)
class BorderTest {
  @ArchTest
  static final ArchRule the_service_knows_neither_the_engine_nor_the_dispatcher_nor_a_workload =
      noClasses()
          .that()
          .resideInAPackage("dev.spillway.lambda..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.spillway.batch..", "dev.spillway.dispatch..", "dev.spillway.handlers..");

  @ArchTest
  static final ArchRule functions_do_not_know_what_runs_them =
      noClasses()
          .that()
          .resideInAPackage("dev.spillway.lambda.function..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.spillway.lambda.runtimeapi..",
              "dev.spillway.lambda.invoke..",
              "dev.spillway.lambda.wiring..");

  @ArchTest
  static final ArchRule environments_do_not_know_the_wire =
      noClasses()
          .that()
          .resideInAPackage("dev.spillway.lambda.runtimeapi..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.spillway.lambda.invoke..", "dev.spillway.lambda.wiring..");

  @ArchTest
  static final ArchRule micronaut_stays_at_the_rim =
      noClasses()
          .that()
          .resideInAnyPackage("dev.spillway.lambda.function..", "dev.spillway.lambda.runtimeapi..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.micronaut..");
}
