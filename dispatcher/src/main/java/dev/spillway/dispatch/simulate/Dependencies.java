package dev.spillway.dispatch.simulate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Who waits for whom in a workflow, as its tasks end.
 *
 * <p>Shape: tasks are places in the workflow, from 0. <br>
 * Errors: {@link IllegalArgumentException} when a parent is not there, or tasks wait in a circle.
 */
final class Dependencies {
  private final List<List<Integer>> children = new ArrayList<>();
  private final int[] waitsFor;

  Dependencies(List<TraceTask> workflow) {
    waitsFor = new int[workflow.size()];
    workflow.forEach(_ -> children.add(new ArrayList<>()));
    for (int task = 0; task < waitsFor.length; task++) {
      List<Integer> parents = workflow.get(task).parents().stream().distinct().toList();
      for (int parent : parents) {
        if (parent < 0 || parent >= waitsFor.length) {
          throw new IllegalArgumentException(
              "Task %d of the workflow %s has the parent %d; its tasks are 0 to %d, in the order of the file."
                  .formatted(task, workflow.get(task).workflow(), parent, waitsFor.length - 1));
        }
        children.get(parent).add(task);
      }
      waitsFor[task] = parents.size();
    }
  }

  /** Those that wait for nobody, in their order. */
  List<Integer> first() {
    List<Integer> first = new ArrayList<>();
    for (int task = 0; task < waitsFor.length; task++) {
      if (waitsFor[task] == 0) {
        first.add(task);
      }
    }
    return first;
  }

  List<Integer> children(int task) {
    return children.get(task);
  }

  /** Those that waited for this one last. Each task ends once. */
  List<Integer> ended(int task) {
    return children.get(task).stream().filter(child -> --waitsFor[child] == 0).toList();
  }

  /** Ends every task, each after those that it waits for. */
  private static void each(List<TraceTask> workflow, Dependencies left, IntConsumer ended) {
    Deque<Integer> ready = new ArrayDeque<>(left.first());
    int done = 0;
    for (; !ready.isEmpty(); done++) {
      int task = ready.remove();
      ended.accept(task);
      ready.addAll(left.ended(task));
    }
    if (done < workflow.size()) {
      throw new IllegalArgumentException(
          "%d tasks of the workflow %s wait for each other in a circle; look at its parents."
              .formatted(workflow.size() - done, workflow.getFirst().workflow()));
    }
  }

  static void check(List<TraceTask> workflow) {
    each(workflow, new Dependencies(workflow), _ -> {});
  }

  /** When the last task ends, if each takes so long from the end of its parents on. */
  static double longest(List<TraceTask> workflow, double[] took) {
    double[] start = new double[took.length];
    double[] last = new double[1];
    Dependencies all = new Dependencies(workflow);
    each(
        workflow,
        all,
        task -> {
          double end = start[task] + took[task];
          last[0] = Math.max(last[0], end);
          all.children(task).forEach(child -> start[child] = Math.max(start[child], end));
        });
    return last[0];
  }
}
