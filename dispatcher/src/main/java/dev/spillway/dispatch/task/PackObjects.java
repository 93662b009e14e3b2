package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.fallback.Hop;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The two objects that the children of a pack read. They belong to several tasks: whoever forgets
 * one of these asks whether another still needs them, and the last one finds that nobody does.
 */
final class PackObjects {
  private final TaskStore store;
  private final ObjectStore objects;
  private final String bucket;

  PackObjects(TaskStore store, ObjectStore objects, String bucket) {
    this.store = store;
    this.objects = objects;
    this.bucket = bucket;
  }

  /** Deletes the objects of a pack of which no hop is in a place; harmless when they are gone. */
  void deleteUnlessNeeded(String packKey) {
    ObjectStore.Location members = Places.packObject(bucket, packKey, "members");
    Optional<byte[]> lines = objects.get(members);
    if (lines.isEmpty()) {
      return;
    }
    boolean needed =
        new String(lines.get(), StandardCharsets.UTF_8)
            .lines()
            .map(TaskJson::tree)
            .anyMatch(member -> needs(member, packKey));
    if (!needed) {
      // The list of members goes last: it is what says that something is left to delete.
      objects.delete(Places.packObject(bucket, packKey, "payloads"));
      objects.delete(members);
    }
  }

  private boolean needs(JsonNode member, String packKey) {
    return store
        .find(member.path("SPILLWAY_TASK_ID").asText())
        .flatMap(task -> task.journey().hop(member.path("SPILLWAY_HOP").asInt()))
        .filter(Hop::live)
        .flatMap(Hop::pack)
        .filter(pack -> pack.key().equals(packKey))
        .isPresent();
  }
}
