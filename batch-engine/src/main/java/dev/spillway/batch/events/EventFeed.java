package dev.spillway.batch.events;

import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ChildStatus;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.store.Journal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads events in their order, from any sequence on, for as long as the outbox keeps them. A line
 * that stands for many children becomes an event for each, a page at a time, so that a million of
 * them never stand in memory.
 */
public final class EventFeed {
  private static final int LINES = 200;

  private final Journal journal;

  public EventFeed(Journal journal) {
    this.journal = journal;
  }

  /** At most {@code limit} events behind {@code sequence}; empty when there are none yet. */
  public List<BatchEvent> after(long sequence, int limit) {
    List<BatchEvent> events = new ArrayList<>();
    for (OutboxEvent line : journal.eventsAfter(sequence, Math.min(limit, LINES))) {
      switch (line) {
        case OutboxEvent.JobStateChange(long number, Job job, Instant at) ->
            events.add(new BatchEvent(number, BatchEvent.Type.JOB_STATE_CHANGE, job, null, at));
        case OutboxEvent.QueueBlocked(long number, Job job, String reason, Instant at) ->
            events.add(new BatchEvent(number, BatchEvent.Type.QUEUE_BLOCKED, job, reason, at));
        case OutboxEvent.ChildStateChanges children -> add(events, children, sequence, limit);
      }
      if (events.size() >= limit) {
        return events.subList(0, limit);
      }
    }
    return events;
  }

  private static void add(
      List<BatchEvent> events, OutboxEvent.ChildStateChanges line, long sequence, int limit) {
    int first = (int) Math.max(0, sequence + 1 - line.sequence());
    for (int n = first; n < line.span() && events.size() < limit; n++) {
      events.add(
          new BatchEvent(
              line.sequence() + n,
              BatchEvent.Type.JOB_STATE_CHANGE,
              child(line.parent(), line.indexes().at(n), line.status(), line.at()),
              null,
              line.at()));
    }
  }

  /** A child without a record, as it was then. */
  private static Job child(Job parent, int index, JobStatus status, Instant at) {
    JobState state =
        status == JobStatus.FAILED
            ? new JobState.Failed(0, reason(parent.children().orElseThrow(), index), at)
            : new JobState.Runnable(1, at);
    return new Job(
        parent.spec().child(index),
        state,
        parent.order(),
        List.of(),
        parent.cancelled(),
        parent.terminated(),
        Optional.empty());
  }

  private static String reason(ArrayChildren children, int index) {
    return children.status(index) == ChildStatus.GONE ? children.gone(index).reason() : "";
  }
}
