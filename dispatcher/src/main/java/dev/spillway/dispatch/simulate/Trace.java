package dev.spillway.dispatch.simulate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;

/** Tasks of a trace by workflow, in the order of the file. */
public final class Trace {
  private final List<List<TraceTask>> workflows;
  private final int tasks;
  private final double seconds;

  private Trace(List<List<TraceTask>> workflows) {
    this.workflows = workflows;
    this.tasks = workflows.stream().mapToInt(List::size).sum();
    this.seconds =
        workflows.stream().flatMap(Collection::stream).mapToDouble(TraceTask::seconds).sum();
  }

  /**
   * Puts tasks together that have one workflow.
   *
   * @throws IllegalArgumentException when a task waits for one that is not there, or for itself
   */
  static Trace of(List<TraceTask> tasks) {
    Map<String, List<TraceTask>> byWorkflow = new LinkedHashMap<>();
    for (TraceTask task : tasks) {
      byWorkflow.computeIfAbsent(task.workflow(), _ -> new ArrayList<>()).add(task);
    }
    byWorkflow.values().forEach(Dependencies::check);
    return new Trace(new ArrayList<>(byWorkflow.values()));
  }

  /** Workflows in the order in which they are submitted. */
  public List<List<TraceTask>> workflows() {
    return Collections.unmodifiableList(workflows);
  }

  /** Number of tasks. */
  public int tasks() {
    return tasks;
  }

  /** Run time of all together. */
  public double seconds() {
    return seconds;
  }

  /** True when it is known of each workflow when it was submitted. */
  public boolean timed() {
    return workflows.stream().allMatch(w -> w.getFirst().submitSeconds().isPresent());
  }

  /** The same workflows in an order drawn from a seed. */
  public Trace shuffled(long seed) {
    List<List<TraceTask>> order = new ArrayList<>(workflows);
    Collections.shuffle(order, new Random(seed));
    return new Trace(order);
  }

  /** Only the workflows of one application. */
  public Trace only(Predicate<String> application) {
    return new Trace(
        workflows.stream().filter(w -> application.test(w.getFirst().application())).toList());
  }

  /** All applications in alphabetical order. */
  public List<String> applications() {
    return workflows.stream().map(w -> w.getFirst().application()).distinct().sorted().toList();
  }
}
