package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.Journey;
import java.time.Duration;
import java.time.Instant;
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
  private static final Pattern DURATION =
      Pattern.compile("\\tDuration: (\\d{1,9}(?:\\.\\d{1,6})?) ms");
  private static final Pattern MEMORY = Pattern.compile("\\tMax Memory Used: (\\d{1,9}) MB");

  private FunctionReport() {}

  /** MiB; empty when the log has no such line. */
  static OptionalLong memoryUsedMib(String log) {
    Matcher memory = MEMORY.matcher(line(log));
    return memory.find() ? OptionalLong.of(Long.parseLong(memory.group(1))) : OptionalLong.empty();
  }

  /** How long the code ran, without its INIT; empty when the log has no such line. */
  static Optional<Duration> ran(String log) {
    Matcher duration = DURATION.matcher(line(log));
    return duration.find()
        ? Optional.of(Duration.ofNanos(Math.round(Double.parseDouble(duration.group(1)) * 1e6)))
        : Optional.empty();
  }

  private static String line(String log) {
    // The code may print a line like it, but the service has the last word.
    int last = log.lastIndexOf(LINE);
    return last < 0 || (last > 0 && log.charAt(last - 1) != '\n')
        ? ""
        : log.substring(last).lines().findFirst().orElse("");
  }

  /** The journey with what the hop of this log used, and with the time from which its code ran. */
  static Journey measured(Journey journey, Optional<TaskStore.HopLog> log) {
    if (log.isEmpty() || line(log.get().text()).isEmpty()) {
      return journey;
    }
    List<Hop> hops =
        journey.hops().stream()
            .map(h -> h.number() == log.get().hop() ? measured(h, log.get().text()) : h)
            .toList();
    return new Journey(journey.state(), hops, journey.wakeAt());
  }

  private static Hop measured(Hop hop, String log) {
    OptionalLong used = memoryUsedMib(log);
    Hop measured = used.isPresent() ? hop.measured(used) : hop;
    Optional<Instant> from =
        ran(log).flatMap(ran -> hop.stoppedAt().map(to -> to.minus(ran))).filter(hop::openAt);
    return hop.route().batch() || from.isEmpty() ? measured : measured.began(from.get());
  }
}
