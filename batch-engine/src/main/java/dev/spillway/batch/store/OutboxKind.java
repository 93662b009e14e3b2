package dev.spillway.batch.store;

import dev.spillway.batch.engine.OutboxEvent;

/** What a line of the outbox is, as the store names it. */
enum OutboxKind {
  JOB_STATE_CHANGE,
  CHILD_STATE_CHANGES,
  QUEUE_BLOCKED;

  static OutboxKind of(OutboxEvent event) {
    return switch (event) {
      case OutboxEvent.JobStateChange _ -> JOB_STATE_CHANGE;
      case OutboxEvent.ChildStateChanges _ -> CHILD_STATE_CHANGES;
      case OutboxEvent.QueueBlocked _ -> QUEUE_BLOCKED;
    };
  }
}
