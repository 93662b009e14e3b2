package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.config.Rule;
import dev.spillway.dispatch.simulate.Assumptions;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** What {@code simulate} assumes of a trace's tasks and of the places that they run in. */
final class AssumptionOptions {
  private static final Assumptions USUAL = Assumptions.DEFAULT;

  @Option(names = "--function-memory", paramLabel = "MB", description = "Memory of the function.")
  long functionMemory = USUAL.functionMemoryMib();

  @Option(
      names = "--function-start",
      paramLabel = "TIME",
      description = "Until a function's code runs.")
  Duration functionStart = USUAL.functionStart();

  @Option(
      names = "--function-limit",
      paramLabel = "TIME",
      description = "After which a function is ended.")
  Duration functionLimit = USUAL.functionLimit();

  @Option(names = "--vcpus", paramLabel = "N", description = "vCPUs of a Fargate task.")
  double vcpus = USUAL.vcpus();

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "2 GiB",
      converter = Size.class,
      description = "Memory of a Fargate task.")
  long memoryMib;

  @Option(
      names = "--fargate-start",
      paramLabel = "TIME",
      description = "Part of a Fargate task's start that is billed.")
  Duration fargateStart = USUAL.fargateBilledStart();

  @Option(
      names = "--fargate-wait",
      paramLabel = "TIME",
      description = "Until a Fargate task's code runs.")
  Duration fargateWait = USUAL.fargateWait();

  @Option(
      names = "--hints",
      description = "Give the router the durations that the trace's users asked for.")
  boolean hints;

  @Spec(Spec.Target.MIXEE)
  CommandSpec command;

  /** Reads a duration as settings do. */
  static final class Span implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      try {
        return (Duration) new Rule.Span("PT0S", "P7D").read(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException("\"" + text + "\": " + e.getMessage());
      }
    }
  }

  /** Reads a size as settings do, MiB. */
  static final class Size implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      try {
        return ((Number) new Rule.Size(1).read(text)).longValue();
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException("\"" + text + "\": " + e.getMessage());
      }
    }
  }

  /**
   * What is assumed.
   *
   * @param otherwise of what no option says
   */
  Assumptions over(Assumptions otherwise) {
    Duration limit = given("--function-limit", functionLimit, otherwise.functionLimit());
    refuseUnless(
        functionMemory >= 128 && functionMemory <= 10240,
        "--function-memory is " + functionMemory + "; Lambda has 128 to 10240 MB.");
    refuseUnless(
        limit.toSeconds() >= 1, "--function-limit is " + limit + "; it must be a second or more.");
    refuseUnless(
        limit.compareTo(otherwise.functionMargin()) > 0,
        "--function-limit is "
            + limit
            + "; it must be more than routing.functionMargin, "
            + otherwise.functionMargin()
            + ".");
    return new Assumptions(
        functionMemory,
        given("--function-start", functionStart, otherwise.functionStart()),
        limit,
        otherwise.functionMargin(),
        vcpus,
        memoryMib,
        given("--fargate-start", fargateStart, otherwise.fargateBilledStart()),
        given("--fargate-wait", fargateWait, otherwise.fargateWait()),
        hints);
  }

  private <T> T given(String option, T value, T otherwise) {
    return command.commandLine().getParseResult().hasMatchedOption(option) ? value : otherwise;
  }

  private static void refuseUnless(boolean right, String sentence) {
    if (!right) {
      throw new CommandFailure(CommandFailure.REFUSED, sentence);
    }
  }
}
