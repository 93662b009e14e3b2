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
    Next next = new Next();
    next.jobId = job.or(() -> jobId);
    return next.hop();
  }

  Hop started(Instant at) {
    Next next = new Next();
    next.startedAt = Optional.of(at);
    next.note = Optional.empty();
    return next.hop();
  }

  Hop noted(Optional<String> text) {
    Next next = new Next();
    next.note = text;
    return next.hop();
  }

  Hop packed(Optional<Pack> in) {
    Next next = new Next();
    next.pack = in;
    return next.hop();
  }

  /** Not taken in: it will be sent again under the same key. */
  Hop waitingAgain(Cause why, String text) {
    Next next = new Next();
    next.jobId = Optional.empty();
    next.startedAt = Optional.empty();
    next.stoppedAt = Optional.empty();
    next.waits = waits + 1;
    next.because(Optional.of(why), text);
    return next.hop();
  }

  Hop succeeded(Instant at, List<Attempt> tried) {
    Next next = new Next();
    next.ended(Status.SUCCEEDED, at, tried);
    next.cause = Optional.empty();
    next.error = Optional.empty();
    next.note = Optional.empty();
    return next.hop();
  }

  Hop failed(Cause why, String text, Instant at, List<Attempt> tried) {
    Next next = new Next();
    next.ended(Status.FAILED, at, tried);
    next.because(Optional.of(why), text);
    return next.hop();
  }

  Hop abandoned(Optional<Cause> why, String text, Instant at) {
    Next next = new Next();
    next.status = Status.ABANDONED;
    next.stoppedAt = Optional.of(at);
    next.because(why, text);
    return next.hop();
  }

  /** The end of a hop that was given up: a success that comes too late to count, or none. */
  Hop endedLate(boolean success, List<Attempt> tried) {
    Next next = new Next();
    next.status = success ? status : Status.STOPPED;
    next.attempts = tried;
    next.late = success;
    return next.hop();
  }

  /** True for a time between its opening and its end. */
  public boolean openAt(Instant at) {
    return !at.isBefore(createdAt) && stoppedAt.filter(at::isAfter).isEmpty();
  }

  /** The same, its code begun at this time, which its place knows better. */
  public Hop began(Instant at) {
    Next next = new Next();
    next.startedAt = Optional.of(at);
    return next.hop();
  }

  /** The same with what it was seen to use. */
  public Hop measured(OptionalLong usedMib) {
    Next next = new Next();
    next.memoryUsedMib = usedMib;
    return next.hop();
  }

  /** What it becomes: as it is, but for what is said. */
  private final class Next {
    private Status status = Hop.this.status;
    private Optional<String> jobId = Hop.this.jobId;
    private Optional<Instant> startedAt = Hop.this.startedAt;
    private Optional<Instant> stoppedAt = Hop.this.stoppedAt;
    private int waits = Hop.this.waits;
    private Optional<Cause> cause = Hop.this.cause;
    private Optional<String> error = Hop.this.error;
    private Optional<String> note = Hop.this.note;
    private List<Attempt> attempts = Hop.this.attempts;
    private boolean late = Hop.this.late;
    private OptionalLong memoryUsedMib = Hop.this.memoryUsedMib;
    private Optional<Pack> pack = Hop.this.pack;

    /** A short job may end before anybody saw it run. */
    private void ended(Status how, Instant at, List<Attempt> tried) {
      status = how;
      startedAt =
          startedAt.or(() -> tried.stream().flatMap(a -> a.startedAt().stream()).findFirst());
      stoppedAt = Optional.of(at);
      attempts = tried;
    }

    private void because(Optional<Cause> why, String text) {
      cause = why;
      error = Optional.of(text);
      note = Optional.empty();
    }

    private Hop hop() {
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
          pack);
    }
  }
}
