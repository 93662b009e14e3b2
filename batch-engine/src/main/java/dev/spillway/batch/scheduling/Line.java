package dev.spillway.batch.scheduling;

import java.util.Comparator;
import java.util.Iterator;
import java.util.PriorityQueue;

/**
 * Who is next in a queue. First come, first, within a lane; of several lanes, the one whose use
 * times factor is least: its use of late and its use now, what it was just given included.
 */
public final class Line {
  private final PriorityQueue<Turn> turns =
      new PriorityQueue<>(
          Comparator.comparingDouble((Turn turn) -> turn.score).thenComparing(t -> t.lane.share()));

  private static final class Turn {
    private final Snapshot.Lane lane;
    private final Iterator<WaitingJob> jobs;
    private WaitingJob next;
    private double vcpus;
    private double score;

    Turn(Snapshot.Lane lane) {
      this.lane = lane;
      this.jobs = lane.waiting().iterator();
      this.vcpus = lane.usedVcpuMillis() / 1000.0;
      score();
    }

    /** False when nobody waits in it any more. */
    boolean advance() {
      next = jobs.hasNext() ? jobs.next() : null;
      return next != null;
    }

    void score() {
      score = lane.factor() * (lane.recentVcpus() + vcpus);
    }
  }

  public Line(Iterable<Snapshot.Lane> lanes) {
    for (Snapshot.Lane lane : lanes) {
      Turn turn = new Turn(lane);
      if (turn.advance()) {
        turns.add(turn);
      }
    }
  }

  /** Who is next; null when nobody waits. */
  public WaitingJob next() {
    Turn first = turns.peek();
    return first == null ? null : first.next;
  }

  /** The one that was next has got its place. */
  public void placed() {
    Turn first = turns.peek();
    first.vcpus += first.next.needs().vcpuMillis() / 1000.0;
    if (turns.size() == 1) { // no other lane to compare with
      if (!first.advance()) {
        turns.poll();
      }
      return;
    }
    turns.poll();
    first.score();
    if (first.advance()) {
      turns.add(first);
    }
  }
}
