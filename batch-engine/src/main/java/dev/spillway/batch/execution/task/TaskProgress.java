package dev.spillway.batch.execution.task;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.execution.task.TaskOutline.After;
import dev.spillway.batch.execution.task.TaskOutline.Container;
import dev.spillway.batch.job.ContainerEnd;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How far the containers of one attempt are, and what has to happen next.
 *
 * <p>A node ends with the first of its essential containers: the others are stopped. The attempt
 * ends as its main node does, and takes the other nodes with it; those begin when the main node is
 * up. No I/O, no clock; held by one thread at a time. <br>
 * Source: AWS Batch user guide, multi-node parallel jobs, multi-container jobs; API
 * TaskContainerProperties.
 */
public final class TaskProgress {
  private final TaskOutline outline;
  private final Map<AttemptId, Part> parts = new LinkedHashMap<>();
  private final Map<Integer, Instant> begun = new LinkedHashMap<>();
  private List<Step> steps = new ArrayList<>();
  private Optional<ExecutionEvent> verdict = Optional.empty();
  private boolean up;
  private boolean stopped;
  private boolean told;

  /** What has to be done outside. */
  sealed interface Step {
    record Start(Container container) implements Step {}

    record Stop(Container container) implements Step {}

    /** An event of the attempt. */
    record Tell(ExecutionEvent event) implements Step {}
  }

  public enum Phase {
    WAITING,
    STARTING,
    RUNNING,
    ENDED
  }

  private static final class Part {
    private final Container container;
    private Phase phase = Phase.WAITING;
    private boolean ran;
    private boolean stopSent;
    private OptionalInt exitCode = OptionalInt.empty();
    private Optional<String> reason = Optional.empty();

    Part(Container container) {
      this.container = container;
    }

    boolean alive() {
      return phase == Phase.STARTING || phase == Phase.RUNNING;
    }

    void ended(OptionalInt code, Optional<String> why) {
      phase = Phase.ENDED;
      exitCode = code;
      reason = why;
    }
  }

  TaskProgress(TaskOutline outline) {
    this.outline = outline;
    outline.containers().forEach(c -> parts.put(c.unit(), new Part(c)));
  }

  /** The main node begins. */
  List<Step> begin(Instant now) {
    begun.put(outline.mainNode(), now);
    return evaluate(now);
  }

  /**
   * Takes up the attempt after a restart; what happened to those that were found is told after.
   *
   * @param wasUp the attempt was told as started
   */
  List<Step> resume(List<AttemptId> found, boolean wasUp, Instant now) {
    up = wasUp;
    for (AttemptId unit : found) {
      parts.get(unit).phase = Phase.STARTING;
      begun.put(parts.get(unit).container.node(), now);
    }
    if (wasUp && found.isEmpty()) {
      told = true;
      return List.of(new Step.Tell(new ExecutionEvent.Lost(outline.id(), now)));
    }
    return begin(now);
  }

  /** Something happened to a container. */
  List<Step> seen(ExecutionEvent event, Instant now) {
    Part part = parts.get(event.attempt());
    if (part == null || part.phase == Phase.ENDED) {
      return List.of();
    }
    switch (event) {
      case ExecutionEvent.Started started -> {
        part.phase = Phase.RUNNING;
        part.ran = true;
        if (!up && part.container.node() == outline.mainNode()) {
          up = true;
          steps.add(
              new Step.Tell(
                  new ExecutionEvent.Started(outline.id(), started.handle(), started.at())));
        }
      }
      case ExecutionEvent.Exited exited -> {
        part.ran = true;
        part.ended(exited.exitCode(), exited.reason());
        decide(part, event);
      }
      case ExecutionEvent.StartFailed failed -> {
        part.ended(OptionalInt.empty(), Optional.of(failed.reason()));
        decide(part, event);
      }
      case ExecutionEvent.Lost _ -> {
        part.ended(OptionalInt.empty(), Optional.empty());
        decide(part, event);
      }
    }
    return evaluate(now);
  }

  /** It was asked to end. */
  List<Step> stop(Instant now) {
    stopped = true;
    parts.values().forEach(part -> part.stopSent = false);
    return evaluate(now);
  }

  /** Looks at what is due. */
  List<Step> due(Instant now) {
    return evaluate(now);
  }

  /** When {@link #due} has something to look at. */
  Optional<Instant> nextDeadline() {
    return parts.values().stream()
        .filter(p -> p.phase == Phase.WAITING && begun.containsKey(p.container.node()))
        .flatMap(p -> p.container.startTimeout().map(begun.get(p.container.node())::plus).stream())
        .min(Instant::compareTo);
  }

  private void decide(Part part, ExecutionEvent event) {
    if (verdict.isEmpty()
        && part.container.essential()
        && part.container.node() == outline.mainNode()) {
      verdict = Optional.of(event);
    }
  }

  private List<Step> evaluate(Instant now) {
    if (told) {
      return List.of();
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      if (nodesMayFollow()) {
        outline.containers().forEach(c -> begun.putIfAbsent(c.node(), now));
      }
      for (Part part : parts.values()) {
        changed |= move(part, now);
      }
    }
    if (over()) {
      told = true;
      steps.add(new Step.Tell(end(now)));
    }
    List<Step> done = steps;
    steps = new ArrayList<>();
    return done;
  }

  private boolean nodesMayFollow() {
    return verdict.isEmpty()
        && !stopped
        && begun.size() < outline.nodes()
        && parts.values().stream()
            .anyMatch(p -> p.container.node() == outline.mainNode() && p.phase == Phase.RUNNING);
  }

  /** True when others may have to move because it did. */
  private boolean move(Part part, Instant now) {
    if (verdict.isPresent() || stopped || nodeOver(part.container.node())) {
      if (part.phase == Phase.WAITING) {
        part.ended(OptionalInt.empty(), Optional.empty());
        return true;
      }
      if (part.alive() && !part.stopSent) {
        part.stopSent = true;
        steps.add(new Step.Stop(part.container));
      }
      return false;
    }
    if (part.phase != Phase.WAITING || !begun.containsKey(part.container.node())) {
      return false;
    }
    Optional<String> obstacle = obstacle(part).or(() -> late(part, now));
    if (obstacle.isPresent()) {
      String reason = "CannotStartContainerError: " + obstacle.get();
      part.ended(OptionalInt.empty(), Optional.of(reason));
      decide(part, new ExecutionEvent.StartFailed(part.container.unit(), reason, now));
      return true;
    }
    if (part.container.after().stream().allMatch(a -> reached(part, a))) {
      part.phase = Phase.STARTING;
      steps.add(new Step.Start(part.container));
    }
    return false;
  }

  private boolean nodeOver(int node) {
    return parts.values().stream()
        .anyMatch(
            p -> p.container.node() == node && p.container.essential() && p.phase == Phase.ENDED);
  }

  private Part target(Part part, After after) {
    return parts.values().stream()
        .filter(p -> p.container.node() == part.container.node())
        .filter(p -> p.container.name().equals(Optional.of(after.name())))
        .findFirst()
        .orElseThrow();
  }

  private boolean reached(Part part, After after) {
    Part target = target(part, after);
    return switch (after.condition()) {
      case START -> target.ran;
      case COMPLETE -> target.ran && target.phase == Phase.ENDED;
      case SUCCESS -> target.exitCode.orElse(1) == 0;
    };
  }

  /** Why it can never start. */
  private Optional<String> obstacle(Part part) {
    for (After after : part.container.after()) {
      Part target = target(part, after);
      if (target.phase == Phase.ENDED && !reached(part, after)) {
        String how =
            target.exitCode.isPresent()
                ? "ended with exit code " + target.exitCode.getAsInt()
                : "did not run: " + target.reason.orElse("stopped");
        return Optional.of(
            "dependsOn %s %s: that container %s".formatted(after.name(), after.condition(), how));
      }
    }
    return Optional.empty();
  }

  private Optional<String> late(Part part, Instant now) {
    return part.container
        .startTimeout()
        .filter(limit -> !now.isBefore(begun.get(part.container.node()).plus(limit)))
        .map(
            limit ->
                "the containers that it depends on were not there after its startTimeout of %d s"
                    .formatted(limit.toSeconds()));
  }

  private boolean over() {
    return (verdict.isPresent() || stopped) && parts.values().stream().noneMatch(Part::alive);
  }

  private ExecutionEvent end(Instant now) {
    AttemptId id = outline.id();
    if (!up) {
      String reason =
          verdict.isPresent() && verdict.get() instanceof ExecutionEvent.StartFailed failed
              ? failed.reason()
              : "CannotStartContainerError: stopped before the container was started";
      return new ExecutionEvent.StartFailed(id, reason, now);
    }
    return switch (verdict.orElse(null)) {
      case ExecutionEvent.Exited e ->
          new ExecutionEvent.Exited(id, e.exitCode(), e.reason(), now, ends());
      case ExecutionEvent.Lost _ -> new ExecutionEvent.Lost(id, now);
      case ExecutionEvent.StartFailed e ->
          new ExecutionEvent.Exited(id, OptionalInt.empty(), Optional.of(e.reason()), now, ends());
      case null, default ->
          new ExecutionEvent.Exited(id, OptionalInt.empty(), Optional.empty(), now, ends());
    };
  }

  private List<ContainerEnd> ends() {
    return parts.values().stream()
        .map(p -> new ContainerEnd(p.container.node(), p.container.name(), p.exitCode, p.reason))
        .toList();
  }

  /** One line a container: its phase, and its exit code when it has one. */
  List<ContainerView> view() {
    return parts.values().stream()
        .map(p -> new ContainerView(p.container, p.phase, p.exitCode, p.reason))
        .toList();
  }

  /** A container as it stands. */
  public record ContainerView(
      Container container, Phase phase, OptionalInt exitCode, Optional<String> reason) {}
}
