package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.Journey;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the REPORT line of an invocation's log says of it.
 *
 * <p>Source: AWS Lambda, the platform's log lines in plain text.
 */
final class FunctionReport {
  private static final String LINE = "REPORT RequestId: ";
  private static final Pattern MEMORY = Pattern.compile("\\tMax Memory Used: (\\d{1,9}) MB");

  private FunctionReport() {}

  /** MiB; empty when the log has no such line. */
  static OptionalLong memoryUsedMib(String log) {
    // The code may print a line like it, but the service has the last word.
    int last = log.lastIndexOf(LINE);
    if (last < 0 || (last > 0 && log.charAt(last - 1) != '\n')) {
      return OptionalLong.empty();
    }
    Matcher memory = MEMORY.matcher(log.substring(last).lines().findFirst().orElse(""));
    return memory.find() ? OptionalLong.of(Long.parseLong(memory.group(1))) : OptionalLong.empty();
  }

  /** The journey with what the hop of this log used. */
  static Journey measured(Journey journey, Optional<TaskStore.HopLog> log) {
    OptionalLong used = log.map(l -> memoryUsedMib(l.text())).orElse(OptionalLong.empty());
    if (used.isEmpty()) {
      return journey;
    }
    List<Hop> hops =
        journey.hops().stream()
            .map(h -> h.number() == log.get().hop() ? h.measured(used) : h)
            .toList();
    return new Journey(journey.state(), hops, journey.wakeAt());
  }
}
