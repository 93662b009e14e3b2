package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.fallback.ArrayStory;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.fallback.TaskStatus;
import java.util.Map;
import java.util.Optional;

/** What an answer says of an array, and of a child that it is one. */
public final class ArrayAnswer {
  private static final int FAILURES_NAMED = 10;

  private ArrayAnswer() {}

  /** Adds what is known without looking at the children. */
  static void add(ObjectNode json, Task task) {
    task.array()
        .ifPresent(
            array -> {
              ObjectNode properties = json.putObject("arrayProperties");
              if (array.size() > 0) {
                properties.put("size", array.size());
              }
              properties.put("made", array.made());
              array.rerunOf().ifPresent(id -> properties.put("rerunOf", id));
              properties
                  .putObject("statusSummary")
                  .put("SUCCEEDED", array.ends().successes())
                  .put("FAILED", array.ends().failures());
              array
                  .ends()
                  .firstFailures(FAILURES_NAMED)
                  .forEach(properties.putArray("firstFailures")::add);
              ArrayStory.canary(array).ifPresent(words -> properties.put("canary", words));
            });
    task.parent()
        .ifPresent(
            parent ->
                json.putObject("arrayProperties")
                    .put("index", Task.indexOf(task.taskId()))
                    .put("parentTaskId", parent));
  }

  /** Adds how many children are in each status, in Batch's word for it. */
  public static void counts(ObjectNode json, Map<TaskStatus, Integer> counts) {
    ObjectNode summary = json.withObject("/arrayProperties").putObject("statusSummary");
    for (TaskStatus status : TaskStatus.values()) {
      summary.put(status.name(), counts.getOrDefault(status, 0));
    }
  }

  /** What a table says of an array that has not ended. */
  static Optional<String> reason(Task task) {
    return task.array()
        .filter(_ -> !(task.journey().state() instanceof TaskState.Failed))
        .flatMap(
            array ->
                array
                    .stopping()
                    .map(why -> "Is being stopped: " + why)
                    .or(() -> ArrayStory.canary(array)))
        .filter(_ -> task.journey().state() instanceof TaskState.Running);
  }
}
