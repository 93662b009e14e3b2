package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.simulate.Capacity;
import dev.spillway.dispatch.simulate.Capacity.Arrivals;
import java.time.Duration;
import java.util.OptionalInt;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How much {@code simulate} lets run at once, and when work comes. */
final class CapacityOptions {
  private static final int MOST = 1_000_000;

  @Option(
      names = "--max-vcpus",
      paramLabel = "N",
      description =
          "vCPUs of the Fargate environment that all tasks share; jobs wait in its queue, by the"
              + " Batch engine's own scheduler. Default: no limit.")
  Integer maxVcpus;

  @Option(
      names = "--function-concurrency",
      paramLabel = "N",
      description = "Functions that run at once; more wait in order. Default: no limit.")
  Integer functionConcurrency;

  @Option(
      names = "--arrivals",
      paramLabel = "WHEN",
      defaultValue = "0",
      description =
          "Seconds between the submits of workflows; or trace, for the trace's own submit times."
              + " 0: each when the one before has ended.")
  String arrivals;

  Capacity capacity() {
    return new Capacity(
        atMost("--max-vcpus", maxVcpus),
        atMost("--function-concurrency", functionConcurrency),
        arrivals());
  }

  private static OptionalInt atMost(String option, Integer number) {
    if (number == null) {
      return OptionalInt.empty();
    }
    if (number < 1 || number > MOST) {
      throw refused(
          option + " is " + number + "; give 1 to 1000000, or leave it out for no limit.");
    }
    return OptionalInt.of(number);
  }

  private Arrivals arrivals() {
    if (arrivals.equals("trace")) {
      return new Arrivals.OfTrace();
    }
    boolean seconds = arrivals.matches("\\d{1,9}(\\.\\d{1,3})?");
    try {
      Duration apart = new AssumptionOptions.Span().convert(seconds ? arrivals + "s" : arrivals);
      return apart.isZero() ? new Arrivals.Alone() : new Arrivals.Every(apart);
    } catch (TypeConversionException _) {
      throw refused(
          "--arrivals is \"" + arrivals + "\"; give seconds up to 7 days, such as 30, or trace.");
    }
  }

  private static CommandFailure refused(String sentence) {
    return new CommandFailure(CommandFailure.REFUSED, sentence);
  }
}
