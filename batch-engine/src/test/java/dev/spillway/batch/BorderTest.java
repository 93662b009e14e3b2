package dev.spillway.batch;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;

/** The borders inside this module, and around it. */
@AnalyzeClasses(
    packages = "dev.spillway.batch",
    importOptions = ImportOption.DoNotIncludeTests.class)
class BorderTest {
  private static final String[] PURE = {
    "dev.spillway.batch.job..", "dev.spillway.batch.scheduling.."
  };
  private static final Set<String> CLOCKS =
      Set.of("now", "system", "systemUTC", "currentTimeMillis", "nanoTime", "randomUUID", "random");

  private static final DescribedPredicate<JavaClass> KNOWN_TO_PURE =
      describe(
          "java.lang, java.util, java.time or pure",
          c ->
              c.isPrimitive()
                  || c.isArray()
                  || (c.getName().startsWith("java.lang.")
                      && !c.getName().startsWith("java.lang.foreign")
                      && !c.getName().equals("java.lang.Process")
                      && !c.getName().equals("java.lang.ProcessBuilder"))
                  || (c.getName().startsWith("java.util.")
                      && !c.getName().startsWith("java.util.logging")
                      && !c.getName().startsWith("java.util.concurrent")
                      && !c.getName().equals("java.util.Random"))
                  || c.getName().startsWith("java.time.")
                  || c.getName().startsWith("java.math.")
                  || c.getName().startsWith("dev.spillway.batch.job.")
                  || c.getName().startsWith("dev.spillway.batch.scheduling."));

  private static final DescribedPredicate<JavaMethodCall> CLOCK_OR_RANDOM =
      describe(
          "a clock or a random source",
          call -> {
            AccessTarget.MethodCallTarget target = call.getTarget();
            String owner = target.getOwner().getName();
            return CLOCKS.contains(target.getName())
                && (owner.startsWith("java.time.")
                    || owner.equals("java.lang.System")
                    || owner.equals("java.util.UUID")
                    || owner.equals("java.lang.Math"));
          });

  @ArchTest
  static final ArchRule pure_packages_know_only_the_language =
      classes().that().resideInAnyPackage(PURE).should().onlyDependOnClassesThat(KNOWN_TO_PURE);

  @ArchTest
  static final ArchRule pure_packages_read_no_clock =
      noClasses().that().resideInAnyPackage(PURE).should().callMethodWhere(CLOCK_OR_RANDOM);

  @ArchTest
  static final ArchRule the_engines_step_reads_no_clock =
      noClasses()
          .that()
          .haveSimpleName("Engine")
          .or()
          .haveSimpleName("EngineState")
          .or()
          .haveSimpleName("Turn")
          .or()
          .haveSimpleName("ResourceCommands")
          .should()
          .callMethodWhere(CLOCK_OR_RANDOM);

  @ArchTest
  static final ArchRule the_engine_knows_nothing_of_the_other_modules =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.spillway.dispatch..", "dev.spillway.lambda..", "dev.spillway.handlers..");

  @ArchTest
  static final ArchRule micronaut_stays_at_the_rim =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.spillway.batch.engine..",
              "dev.spillway.batch.store..",
              "dev.spillway.batch.logs..",
              "dev.spillway.batch.computeenvironment..",
              "dev.spillway.batch.jobqueue..",
              "dev.spillway.batch.jobdefinition..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.micronaut..");
}
