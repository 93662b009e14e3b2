package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.routing.Route;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * One try of one route.
 *
 * @param number from 1; with the task id it is the key under which the hop is started
 * @param leg index of its route in the orders
 * @param memoryMib asked for, after any raise
 * @param waits how often it was throttled and waited
 * @param note what the place says while the hop waits in it
 * @param late true when it was given up and succeeded after that all the same
 * @param memoryUsedMib most memory that it was seen to use; empty when nobody saw it
 * @param pack the array job that it travels in, or may have been sent in; empty for a job of its
 *     own
 */
public record Hop(
    int number,
    int leg,
    Route route,
    long memoryMib,
    long diskMib,
    Status status,
    Instant createdAt,
    Optional<String> jobId,
    Optional<Instant> startedAt,
    Optional<Instant> stoppedAt,
    int waits,
    Optional<Cause> cause,
    Optional<String> error,
    Optional<String> note,
    List<Attempt> attempts,
    boolean late,
    OptionalLong memoryUsedMib,
    Optional<Pack> pack) {
  public Hop {
    attempts = List.copyOf(attempts);
  }

  /** What became of it. */
  public enum Status {
    /** Sent, about to be sent, or waiting to be sent again. */
    OPEN,
    SUCCEEDED,
    FAILED,
    /** Given up while it was open; its end may still come, or came late and well. */
    ABANDONED,
    /** Given up, and it ended without a success. */
    STOPPED
  }

  /** Batch's attempt inside a hop. */
  public record Attempt(
      Optional<Instant> startedAt,
      Optional<Instant> stoppedAt,
      OptionalInt exitCode,
      Optional<String> reason,
      Optional<String> statusReason,
      Optional<String> logStreamName) {}

  /**
   * A place among hops that are alike, and that one array job carries.
   *
   * @param key follows from the hops in it, in their order
   * @param index from 0; the child of this index is the hop's job
   * @param size number of hops
   */
  public record Pack(String key, int index, int size) {}

  static Hop opened(int number, int leg, Route route, long memoryMib, long diskMib, Instant now) {
    return new Hop(
        number,
        leg,
        route,
        memoryMib,
        diskMib,
        Status.OPEN,
        now,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        false,
        OptionalLong.empty(),
        Optional.empty());
  }

  /** True while an end may come: it is open, or given up without one. */
  public boolean live() {
    return status == Status.OPEN || (status == Status.ABANDONED && !late);
  }

  Hop sent(Optional<String> job) {
    return copy(status, job.or(() -> jobId), startedAt, stoppedAt, waits, cause, error, note);
  }

  Hop started(Instant at) {
    return copy(status, jobId, Optional.of(at), stoppedAt, waits, cause, error, Optional.empty());
  }

  Hop noted(Optional<String> text) {
    return copy(status, jobId, startedAt, stoppedAt, waits, cause, error, text);
  }

  Hop packed(Optional<Pack> in) {
    return new Hop(
        number,
        leg,
        route,
        memoryMib,
        diskMib,
        status,
        createdAt,
        jobId,
        startedAt,
        stoppedAt,
        waits,
        cause,
        error,
        note,
        attempts,
        late,
        memoryUsedMib,
        in);
  }

  /** Not taken in: it will be sent again under the same key. */
  Hop waitingAgain(Cause why, String text) {
    return copy(
        status,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        waits + 1,
        Optional.of(why),
        Optional.of(text),
        Optional.empty());
  }

  Hop succeeded(Instant at, List<Attempt> tried) {
    return new Hop(
        number,
        leg,
        route,
        memoryMib,
        diskMib,
        Status.SUCCEEDED,
        createdAt,
        jobId,
        firstStart(tried),
        Optional.of(at),
        waits,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        tried,
        false,
        memoryUsedMib,
        pack);
  }

  Hop failed(Cause why, String text, Instant at, List<Attempt> tried) {
    return new Hop(
        number,
        leg,
        route,
        memoryMib,
        diskMib,
        Status.FAILED,
        createdAt,
        jobId,
        firstStart(tried),
        Optional.of(at),
        waits,
        Optional.of(why),
        Optional.of(text),
        Optional.empty(),
        tried,
        false,
        memoryUsedMib,
        pack);
  }

  /** A short job may end before anybody saw it run. */
  private Optional<Instant> firstStart(List<Attempt> tried) {
    return startedAt.or(() -> tried.stream().flatMap(a -> a.startedAt().stream()).findFirst());
  }

  Hop abandoned(Optional<Cause> why, String text, Instant at) {
    return copy(
        Status.ABANDONED,
        jobId,
        startedAt,
        Optional.of(at),
        waits,
        why,
        Optional.of(text),
        Optional.empty());
  }

  /** The end of a hop that was given up: a success that comes too late to count, or none. */
  Hop endedLate(boolean success, List<Attempt> tried) {
    return new Hop(
        number,
        leg,
        route,
        memoryMib,
        diskMib,
        success ? status : Status.STOPPED,
        createdAt,
        jobId,
        startedAt,
        stoppedAt,
        waits,
        cause,
        error,
        note,
        tried,
        success,
        memoryUsedMib,
        pack);
  }

  private Hop copy(
      Status newStatus,
      Optional<String> newJob,
      Optional<Instant> newStart,
      Optional<Instant> newStop,
      int newWaits,
      Optional<Cause> newCause,
      Optional<String> newError,
      Optional<String> newNote) {
    return new Hop(
        number,
        leg,
        route,
        memoryMib,
        diskMib,
        newStatus,
        createdAt,
        newJob,
        newStart,
        newStop,
        newWaits,
        newCause,
        newError,
        newNote,
        attempts,
        late,
        memoryUsedMib,
        pack);
  }

  /** True for a time between its opening and its end. */
  public boolean openAt(Instant at) {
    return !at.isBefore(createdAt) && stoppedAt.filter(at::isAfter).isEmpty();
  }

  /** The same, its code begun at this time, which its place knows better. */
  public Hop began(Instant at) {
    return copy(status, jobId, Optional.of(at), stoppedAt, waits, cause, error, note);
  }

  /** The same with what it was seen to use. */
  public Hop measured(OptionalLong usedMib) {
    return new Hop(
        number, leg, route, memoryMib, diskMib, status, createdAt, jobId, startedAt, stoppedAt,
        waits, cause, error, note, attempts, late, usedMib, pack);
  }
}
