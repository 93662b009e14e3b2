package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.fallback.Failure;
import dev.spillway.dispatch.fallback.Fallback;
import dev.spillway.dispatch.fallback.JourneyEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tasks as tests of stores need them. */
final class StoredTasks {
  private StoredTasks() {}

  static Task keyed(Task like, String id, String key) {
    ObjectNode json = like.document().json().deepCopy();
    return new Task(
        id,
        1,
        like.createdAt(),
        DocumentRules.read(json.put("idempotencyKey", key), "", new ArrayList<>()),
        like.target(),
        like.plan(),
        like.orders(),
        like.journey(),
        Optional.empty());
  }

  static Task failed(Task task) {
    return task.moved(
        Fallback.step(
                task.orders(),
                task.journey(),
                new JourneyEvent.HopFailed(1, Failure.ofFunction("Boom", "x"), List.of()),
                Bench.SETTINGS.fallback(),
                Doubles.START)
            .journey(),
        Optional.empty());
  }

  static Task ended(Task task) {
    return task.moved(
        Fallback.step(
                task.orders(),
                task.journey(),
                new JourneyEvent.CancelAsked("enough"),
                Bench.SETTINGS.fallback(),
                Doubles.START)
            .journey(),
        Optional.empty());
  }

  static Task other(Task like, String id) {
    return new Task(
        id,
        1,
        like.createdAt(),
        like.document(),
        like.target(),
        like.plan(),
        like.orders(),
        like.journey(),
        Optional.empty());
  }
}
