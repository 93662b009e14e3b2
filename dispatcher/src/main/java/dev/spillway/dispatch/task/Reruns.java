package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** What a task is submitted with when it is run once more. */
final class Reruns {
  private Reruns() {}

  /**
   * Its document without its key, and without the tasks that it waited for.
   *
   * @param payload empty when it is in S3
   * @throws RefusedException for a task that has not ended, and for a child of an array
   */
  static JsonNode document(Task task, Optional<byte[]> payload) {
    if (task.parent().isPresent()) {
      throw new RefusedException(
          RefusedException.Kind.CONFLICT,
          "Task "
              + task.taskId()
              + " is a child of an array and is run again with it: POST /tasks/"
              + task.parent().get()
              + ":rerun {\"failedOnly\": true}.");
    }
    if (!task.status().terminal()) {
      throw new RefusedException(
          RefusedException.Kind.CONFLICT,
          "Task "
              + task.taskId()
              + " is "
              + task.status()
              + ". Wait for its end, or cancel it, before it is run again.");
    }
    ObjectNode json = task.document().json().deepCopy();
    json.remove(List.of("idempotencyKey", "dependsOn"));
    payload.ifPresent(bytes -> json.set("payload", DocumentReader.json(bytes)));
    task.array()
        .ifPresent(
            array -> {
              if (array.size() > 0) {
                json.putObject("arrayProperties").put("size", array.size());
              }
              if (array.waits().sequential()) {
                ArrayNode waits = json.putArray("dependsOn");
                waits.addObject().put("type", "SEQUENTIAL");
              }
            });
    return json;
  }
}
