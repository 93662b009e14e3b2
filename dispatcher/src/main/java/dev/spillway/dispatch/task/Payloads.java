package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Payloads as their task gets them. A child of an array has its own, or that of the array with
 * {@code arrayIndex} beside its members.
 */
final class Payloads {
  private Payloads() {}

  /** What the store has for a task; empty when it is an object in S3. */
  static Optional<byte[]> stored(TaskStore store, String taskId) {
    return store
        .payload(taskId)
        .or(
            () ->
                Task.parentOf(taskId)
                    .flatMap(store::payload)
                    .map(shared -> ofChild(taskId, shared)));
  }

  /** The shared payload as this task gets it; unchanged for one that is no child. */
  static byte[] ofChild(String taskId, byte[] shared) {
    if (Task.parentOf(taskId).isEmpty()) {
      return shared;
    }
    JsonNode tree = DocumentReader.json(shared);
    if (!(tree instanceof ObjectNode object)) {
      throw RefusedException.invalid(
          "payloadS3Uri",
          "",
          "payloadS3Uri: the object holds no JSON object; the children of an array get it with"
              + " arrayIndex beside its members. Give payloadsS3Uri with a line for each child.");
    }
    return object
        .put("arrayIndex", Task.indexOf(taskId))
        .toString()
        .getBytes(StandardCharsets.UTF_8);
  }
}
