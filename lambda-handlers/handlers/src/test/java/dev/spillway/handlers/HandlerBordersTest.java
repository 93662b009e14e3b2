package dev.spillway.handlers;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.spillway.handlers.workload.Workload;
import dev.spillway.handlers.workload.WorkloadHandler;
import io.micronaut.core.beans.BeanIntrospection;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class HandlerBordersTest {
  private static final JavaClasses HANDLERS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.spillway.handlers");

  @Test
  void a_workload_imports_no_sibling() {
    for (String one : List.of("thumbnail", "catalog", "pause")) {
      for (String other : List.of("thumbnail", "catalog", "pause")) {
        if (!one.equals(other)) {
          noClasses()
              .that()
              .resideInAPackage("dev.spillway.handlers." + one)
              .should()
              .dependOnClassesThat()
              .resideInAPackage("dev.spillway.handlers." + other)
              .check(HANDLERS);
        }
      }
    }
  }

  @Test
  void what_is_shared_knows_no_workload() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.spillway.handlers.workload", "dev.spillway.handlers.picture")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.spillway.handlers.thumbnail",
            "dev.spillway.handlers.catalog",
            "dev.spillway.handlers.pause",
            "dev.spillway.handlers.sum")
        .check(HANDLERS);
  }

  @Test
  void no_handler_knows_a_server() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.spillway.batch..",
            "dev.spillway.lambda..",
            "dev.spillway.dispatch..",
            "io.micronaut.http.server..")
        .check(HANDLERS);
  }

  @Test
  @SuppressWarnings("rawtypes")
  void every_registered_handler_has_a_name_and_can_be_made_by_micronaut() {
    var handlers = ServiceLoader.load(WorkloadHandler.class).stream().toList();
    assertThat(handlers).hasSize(6);
    for (var handler : handlers) {
      assertThat(handler.type().getAnnotation(Workload.class)).as("%s", handler.type()).isNotNull();
      assertThat(BeanIntrospection.getIntrospection(handler.type()).getBeanType())
          .isEqualTo(handler.type());
    }
  }
}
