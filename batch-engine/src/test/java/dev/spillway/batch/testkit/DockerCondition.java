package dev.spillway.batch.testkit;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Decides {@link RequiresDocker}, and counts what it skipped. */
public final class DockerCondition implements ExecutionCondition {
  private static final boolean AVAILABLE = dockerAnswers();
  private static final AtomicInteger SKIPPED = new AtomicInteger();

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (AVAILABLE) {
      return ConditionEvaluationResult.enabled("a Docker engine answers");
    }
    if ("1".equals(System.getenv("REQUIRE_DOCKER"))) {
      throw new IllegalStateException(
          "REQUIRE_DOCKER=1, but no Docker engine answers: start dockerd, or unset REQUIRE_DOCKER");
    }
    System.out.println("skipped without Docker: " + SKIPPED.incrementAndGet());
    return ConditionEvaluationResult.disabled("no Docker engine answers");
  }

  private static boolean dockerAnswers() {
    try {
      Process version =
          new ProcessBuilder("docker", "version", "--format", "{{.Server.Version}}")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return version.waitFor(10, TimeUnit.SECONDS) && version.exitValue() == 0;
    } catch (java.io.IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
