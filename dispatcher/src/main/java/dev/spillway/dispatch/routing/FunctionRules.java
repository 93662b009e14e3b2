package dev.spillway.dispatch.routing;

import dev.spillway.dispatch.routing.RoutePlan.Reason;
import dev.spillway.dispatch.routing.Workload.FunctionForm;
import dev.spillway.dispatch.routing.prediction.Forecast;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Hard limits of the function route. Each rule is asked, so a user sees all that stands in the way.
 *
 * <p>Source: AWS Lambda quotas; the function's own Timeout, MemorySize and EphemeralStorage.
 */
final class FunctionRules {
  private FunctionRules() {}

  /** One limit. */
  private interface Rule {
    Optional<Reason> check(TaskProfile task, FunctionForm function, Limits limits);
  }

  private static final List<Rule> RULES =
      List.of(
          FunctionRules::memory,
          FunctionRules::vcpus,
          FunctionRules::disk,
          FunctionRules::payload,
          FunctionRules::imageType,
          FunctionRules::architecture,
          FunctionRules::environment,
          FunctionRules::concurrency);

  static List<Reason> reject(
      TaskProfile task, Workload workload, Limits limits, Forecast forecast) {
    List<Reason> reasons = new ArrayList<>();
    if (!task.wishes().routes().isEmpty() && !task.wishes().routes().contains(Route.FUNCTION)) {
      reasons.add(new Reason("routes", "you allowed only " + BatchRules.words(task.wishes())));
    }
    formless(task).forEach(reasons::add);
    if (workload.function().isEmpty()) {
      reasons.addFirst(new Reason("form", workload.name() + " has no function form"));
      return reasons;
    }
    time(task, workload.function().get(), limits, forecast).ifPresent(reasons::add);
    for (Rule rule : RULES) {
      rule.check(task, workload.function().get(), limits).ifPresent(reasons::add);
    }
    return reasons;
  }

  /** What no function can do, whichever it is. */
  private static List<Reason> formless(TaskProfile task) {
    List<Reason> reasons = new ArrayList<>();
    if (task.needs().gpus() > 0) {
      reasons.add(
          new Reason("gpus", task.needs().gpus() + " GPUs asked, and a function has no GPU"));
    }
    if (task.needs().privileged()) {
      reasons.add(new Reason("privileged", "a function cannot be privileged"));
    }
    if (task.needs().nodes() > 1) {
      reasons.add(
          new Reason("nodes", task.needs().nodes() + " nodes asked, and a function has one"));
    }
    return reasons;
  }

  /** When the function is ended, whatever is planned. */
  static Duration limit(FunctionForm function, Limits limits) {
    Duration own = Duration.ofSeconds(function.timeoutSeconds());
    return own.compareTo(limits.functionTimeout()) <= 0 ? own : limits.functionTimeout();
  }

  /** What is expected: by the runs before, else by the hint, else by what the user allows. */
  private static Optional<Duration> expected(TaskProfile task, Forecast forecast) {
    return switch (forecast.basis()) {
      case HISTORY ->
          Optional.of(Duration.ofMillis(Math.round(forecast.quantileSeconds(0.5) * 1000)));
      case HINT -> task.time().expected();
      case FIRST_SIGHT, TIMEOUT -> Optional.empty();
    };
  }

  /**
   * The margin is kept below Lambda's limit only: a function's own Timeout was chosen for its work.
   */
  private static Optional<Reason> time(
      TaskProfile task, FunctionForm function, Limits limits, Forecast forecast) {
    Optional<Duration> expected = expected(task, forecast);
    Optional<Duration> known = expected.or(() -> task.time().timeout());
    if (known.isEmpty()) {
      return Optional.empty();
    }
    Duration lambda = limits.functionTimeout().minus(limits.functionMargin());
    Duration own = Duration.ofSeconds(function.timeoutSeconds());
    boolean ownIsLess = own.compareTo(lambda) <= 0;
    Duration limit = ownIsLess ? own : lambda;
    if (known.get().compareTo(limit) <= 0) {
      return Optional.empty();
    }
    String asked =
        Amounts.time(known.get())
            + (expected.isPresent() ? " expected" : " allowed by your timeout");
    String whose =
        ownIsLess
            ? "the function's own"
            : "Lambda's "
                + Amounts.time(limits.functionTimeout())
                + " less a margin of "
                + Amounts.time(limits.functionMargin());
    return Optional.of(
        new Reason("time", asked + ", the limit is " + Amounts.time(limit) + " (" + whose + ")"));
  }

  private static Optional<Reason> memory(TaskProfile task, FunctionForm function, Limits limits) {
    long limit = Math.min(limits.functionMemoryMib(), function.memoryMib());
    return over("memory", task.needs().memoryMib().orElse(0), limit, limits.functionMemoryMib());
  }

  private static Optional<Reason> disk(TaskProfile task, FunctionForm function, Limits limits) {
    long limit = Math.min(limits.functionDiskMib(), function.ephemeralStorageMib());
    return over("disk", task.needs().diskMib().orElse(0), limit, limits.functionDiskMib());
  }

  private static Optional<Reason> over(String what, long asked, long limit, long lambdas) {
    if (asked <= limit) {
      return Optional.empty();
    }
    String whose = limit < lambdas && asked <= lambdas ? " (the function's own)" : "";
    long shown = asked > lambdas ? lambdas : limit;
    return Optional.of(
        new Reason(
            what,
            Amounts.mib(asked) + " of " + what + ", the limit is " + Amounts.mib(shown) + whose));
  }

  private static Optional<Reason> vcpus(TaskProfile task, FunctionForm function, Limits limits) {
    double asked = task.needs().vcpus().orElse(0);
    long memory = Math.min(limits.functionMemoryMib(), function.memoryMib());
    // Two decimals: what is shown is what is compared, so 1,769 MiB are one whole vCPU.
    double given = Math.floor(100.0 * memory / limits.mibPerVcpu()) / 100;
    return asked <= given
        ? Optional.empty()
        : Optional.of(
            new Reason(
                "vcpus",
                Amounts.vcpus(asked)
                    + " asked, "
                    + Amounts.mib(memory)
                    + " of memory give a function "
                    + Amounts.vcpus(given)
                    + " (one for each "
                    + Amounts.count(limits.mibPerVcpu())
                    + " MB)"));
  }

  private static Optional<Reason> payload(TaskProfile task, FunctionForm function, Limits limits) {
    if (task.payloadBytes() <= limits.payloadBytes() || function.acceptsReference()) {
      return Optional.empty();
    }
    return Optional.of(
        new Reason(
            "payload",
            Amounts.count(task.payloadBytes())
                + " bytes of payload, the limit is "
                + Amounts.count(limits.payloadBytes())
                + ", and the function does not accept a reference"));
  }

  private static Optional<Reason> imageType(
      TaskProfile task, FunctionForm function, Limits limits) {
    return task.form()
        .imageType()
        .filter(type -> !type.equals(function.imageType()))
        .map(
            type ->
                new Reason(
                    "imageType",
                    type.equals("docker")
                        ? "a docker image is never taken to be able to run as a function"
                        : "imageType " + type + " asked, the function is " + function.imageType()));
  }

  private static Optional<Reason> architecture(
      TaskProfile task, FunctionForm function, Limits limits) {
    return task.form()
        .architecture()
        .filter(asked -> !asked.equals(function.architecture()))
        .map(
            asked ->
                new Reason(
                    "architecture", asked + " asked, the function is " + function.architecture()));
  }

  private static Optional<Reason> concurrency(
      TaskProfile task, FunctionForm function, Limits limits) {
    return function.reservedConcurrency().orElse(1) > 0
        ? Optional.empty()
        : Optional.of(
            new Reason(
                "concurrency",
                "the function's reserved concurrency is 0, so Lambda throttles every call of it"));
  }

  private static Optional<Reason> environment(
      TaskProfile task, FunctionForm function, Limits limits) {
    return task.form().environment()
        ? Optional.of(
            new Reason(
                "environment",
                "environment variables given, and Lambda takes none with an invocation"))
        : Optional.empty();
  }
}
