package dev.spillway.dispatch.routing;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What the router knows of a task: its document over the workload's defaults. What nobody said is
 * empty, and then the form that a route runs decides.
 *
 * @param inputBytes what the work is done on; negative when nobody knows its size
 * @param attempts how often the code may fail before the task does
 */
public record TaskProfile(
    Time time,
    Needs needs,
    Form form,
    long payloadBytes,
    long inputBytes,
    boolean payloadByReference,
    Wishes wishes,
    int attempts) {

  /**
   * What is known of its duration.
   *
   * @param expected a hint, never a limit
   * @param timeout the user's own kill limit of one attempt
   */
  public record Time(Optional<Duration> expected, Optional<Duration> timeout) {
    OptionalDouble hintSeconds() {
      return expected.isPresent()
          ? OptionalDouble.of(expected.get().toMillis() / 1000.0)
          : OptionalDouble.empty();
    }
  }

  /** Resources. */
  public record Needs(
      OptionalDouble vcpus,
      OptionalLong memoryMib,
      OptionalLong diskMib,
      int gpus,
      boolean privileged,
      int nodes) {}

  /**
   * What runs.
   *
   * @param imageType {@code zip}, {@code lambda-image} or {@code docker}
   * @param environment true when the task brings environment variables
   */
  public record Form(
      Optional<String> imageType, Optional<String> architecture, boolean environment) {}

  /**
   * What the user wants.
   *
   * @param routes allow-list; empty means all
   * @param priority picks the queue: the one with the highest priority that is not above it
   * @param jobQueue names the queue outright
   * @param objective decides among the routes that can take it
   * @param deadline comes before the objective
   */
  public record Wishes(
      List<Route> routes,
      int priority,
      Optional<String> jobQueue,
      Objective objective,
      Optional<Deadline> deadline) {
    public Wishes {
      routes = List.copyOf(routes);
    }
  }
}
