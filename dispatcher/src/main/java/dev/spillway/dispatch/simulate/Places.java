package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.fallback.Failure;
import dev.spillway.dispatch.fallback.FallbackRules;
import dev.spillway.dispatch.routing.cost.Tariff;
import java.util.Locale;

/**
 * Where tasks run in a simulation.
 *
 * @param timeout what a function says that is ended at its limit
 */
record Places(Tariff function, Tariff batch, FallbackRules rules, Failure timeout) {
  Places(Tariff function, Tariff batch, FallbackRules rules) {
    this(
        function,
        batch,
        rules,
        Failure.ofFunction(
            "Sandbox.Timedout",
            String.format(
                Locale.ROOT, "Task timed out after %.2f seconds", function.limitSeconds())));
  }

  /** From a task's submit to its end where nobody is in its way and its run time was known. */
  double fastestSeconds(double seconds) {
    double asJob = batch.waitSeconds() + seconds;
    return seconds <= function.limitSeconds()
        ? Math.min(asJob, function.waitSeconds() + seconds)
        : asJob;
  }
}
