package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.config.Rule;
import dev.spillway.dispatch.simulate.Assumptions;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What {@code simulate} assumes of a trace's tasks and of the places that they run in. */
final class AssumptionOptions {
  @Option(
      names = "--function-memory",
      paramLabel = "MB",
      defaultValue = "1769",
      description = "Memory of the function; default: ${DEFAULT-VALUE}, one vCPU.")
  long functionMemory;

  @Option(
      names = "--function-start",
      paramLabel = "TIME",
      defaultValue = "PT0.2S",
      converter = Span.class,
      description = "Until a function's code runs; default: ${DEFAULT-VALUE}.")
  Duration functionStart;

  @Option(
      names = "--function-limit",
      paramLabel = "TIME",
      defaultValue = "900s",
      converter = Span.class,
      description = "After which a function is ended; default: ${DEFAULT-VALUE}.")
  Duration functionLimit;

  @Option(
      names = "--vcpus",
      paramLabel = "N",
      defaultValue = "1",
      description = "vCPUs of a Fargate task; default: ${DEFAULT-VALUE}.")
  double vcpus;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "2 GiB",
      converter = Size.class,
      description = "Memory of a Fargate task; default: ${DEFAULT-VALUE}.")
  long memoryMib;

  @Option(
      names = "--fargate-start",
      paramLabel = "TIME",
      defaultValue = "20s",
      converter = Span.class,
      description = "Part of a Fargate task's start that is billed; default: ${DEFAULT-VALUE}.")
  Duration fargateStart;

  @Option(
      names = "--fargate-wait",
      paramLabel = "TIME",
      defaultValue = "30s",
      converter = Span.class,
      description = "Until a Fargate task's code runs; default: ${DEFAULT-VALUE}.")
  Duration fargateWait;

  @Option(
      names = "--hints",
      description = "Give the router the durations that the trace's users asked for.")
  boolean hints;

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

  Assumptions assumptions() {
    refuseUnless(
        functionMemory >= 128 && functionMemory <= 10240,
        "--function-memory is " + functionMemory + "; Lambda has 128 to 10240 MB.");
    refuseUnless(
        functionLimit.toSeconds() >= 1,
        "--function-limit is " + functionLimit + "; it must be a second or more.");
    return new Assumptions(
        functionMemory,
        functionStart,
        functionLimit,
        vcpus,
        memoryMib,
        fargateStart,
        fargateWait,
        hints);
  }

  private static void refuseUnless(boolean right, String sentence) {
    if (!right) {
      throw new CommandFailure(CommandFailure.REFUSED, sentence);
    }
  }
}
