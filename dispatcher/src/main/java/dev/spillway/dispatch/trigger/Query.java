package dev.spillway.dispatch.trigger;

import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.task.RefusedException;
import dev.spillway.dispatch.task.TaskStore;
import io.micronaut.http.HttpParameters;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads query parameters; one that is not known is refused, like an unknown field. */
final class Query {
  private final HttpParameters parameters;

  private Query(HttpParameters parameters) {
    this.parameters = parameters;
  }

  /** Accepts these names, and {@code tag.*} when it is among them. */
  static Query of(HttpParameters parameters, String... known) {
    List<String> names = Arrays.asList(known);
    for (String name : parameters.names()) {
      boolean tag = name.startsWith("tag.") && names.contains("tag.*");
      if (!tag && !names.contains(name)) {
        throw RefusedException.invalid(
            name,
            "",
            name
                + ": there is no such query parameter."
                + (names.isEmpty() ? "" : " Known are " + String.join(", ", names) + "."));
      }
    }
    return new Query(parameters);
  }

  Optional<String> text(String name) {
    return parameters.getFirst(name);
  }

  int whole(String name, int least, int most, int otherwise) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    return parsed(
        name,
        text.get(),
        t -> {
          int number = Integer.parseInt(t);
          if (number < least || number > most) {
            throw new IllegalArgumentException();
          }
          return number;
        },
        "is not a number from " + least + " to " + most + ".");
  }

  Optional<Duration> duration(String name, Duration most) {
    return text(name)
        .map(
            text ->
                parsed(
                    name,
                    text,
                    t -> {
                      Duration value = Duration.parse(t);
                      if (value.isNegative() || value.compareTo(most) > 0) {
                        throw new IllegalArgumentException();
                      }
                      return value;
                    },
                    "is not a duration of up to " + most + ", for example PT20S."));
  }

  private Optional<Instant> instant(String name) {
    // A plus sign that was not encoded arrives as a space.
    return text(name)
        .map(
            text ->
                parsed(
                    name,
                    text,
                    t -> OffsetDateTime.parse(t.replace(' ', '+')).toInstant(),
                    "is not an instant with an offset, for example 2026-11-21T02:00:00Z."));
  }

  TaskStore.Filter filter() {
    List<TaskStatus> statuses = new ArrayList<>();
    for (String value : parameters.getAll("status")) {
      for (String word : value.split(",")) {
        statuses.add(
            parsed(
                "status",
                word,
                TaskStatus::valueOf,
                "is not one of "
                    + Arrays.stream(TaskStatus.values())
                        .map(Enum::name)
                        .collect(Collectors.joining(", "))
                    + "."));
      }
    }
    Map<String, String> tags = new LinkedHashMap<>();
    for (String name : parameters.names()) {
      if (name.startsWith("tag.")) {
        tags.put(name.substring(4), text(name).orElse(""));
      }
    }
    return new TaskStore.Filter(
        statuses,
        text("workload"),
        text("route")
            .map(
                word ->
                    parsed(
                        "route",
                        word,
                        w -> Route.of(w).orElseThrow(IllegalArgumentException::new),
                        "is not one of "
                            + Arrays.stream(Route.values())
                                .map(Route::word)
                                .collect(Collectors.joining(", "))
                            + ".")),
        tags,
        instant("after"),
        instant("before"));
  }

  private static <T> T parsed(String name, String text, Function<String, T> parse, String rule) {
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException | DateTimeException | ArithmeticException _) {
      throw RefusedException.invalid(name, text, name + ": " + text + " " + rule);
    }
  }
}
