package dev.spillway.batch.scheduling;

import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Who is next in a queue. Within a lane: the higher priority, then first come, first. Of several
 * lanes, the one whose use times factor is least: its use of late and its use now, what it was just
 * given included.
 */
public final class Line {
  private final PriorityQueue<Turn> turns =
      new PriorityQueue<>(
          Comparator.comparingDouble((Turn turn) -> turn.score).thenComparing(t -> t.lane.share()));

  /** The first of a group. */
  private static final class Rank implements Comparable<Rank> {
    private final Snapshot.Group group;
    private final Iterator<WaitingJob> jobs;
    private WaitingJob first;

    Rank(Snapshot.Group group) {
      this.group = group;
      this.jobs = group.waiting().iterator();
    }

    /** False when nobody waits in it any more. */
    boolean advance() {
      first = jobs.hasNext() ? jobs.next() : null;
      return first != null;
    }

    @Override
    public int compareTo(Rank other) {
      return first.before(other.first) ? -1 : 1;
    }
  }

  /** A lane. Its groups are opened one after the other, as their turn may come. */
  private static final class Turn {
    private final Snapshot.Lane lane;
    private final boolean alone;
    private final Iterator<Snapshot.Group> unopened;
    private final PriorityQueue<Rank> ranks = new PriorityQueue<>();
    private Rank front;
    private Rank next;
    private double vcpus;
    private double score;

    Turn(Snapshot.Lane lane, boolean alone) {
      this.lane = lane;
      this.alone = alone;
      this.unopened = lane.groups().iterator();
      this.vcpus = lane.usedVcpuMillis() / 1000.0;
      score();
    }

    void score() {
      score = lane.factor() * (lane.recentVcpus() + vcpus);
    }

    Rank front() {
      if (front == null) {
        open();
        leave();
      }
      return front;
    }

    /** The first group that was not opened; null when all are. */
    private void open() {
      next = null;
      while (next == null && unopened.hasNext()) {
        Rank rank = new Rank(unopened.next());
        next = rank.advance() ? rank : null;
      }
    }

    /** The first of the front group is done with; false when nobody waits any more. */
    boolean advance() {
      if (!front.advance()) {
        return leave();
      }
      Rank other = ranks.peek();
      if (next != null && (other == null || next.compareTo(other) < 0)) {
        other = next;
      }
      if (other != null && other.compareTo(front) < 0) {
        ranks.add(front);
        leave();
      }
      return true;
    }

    /** The front group is done with. */
    boolean leave() {
      Rank other = ranks.peek();
      if (next != null && (other == null || next.compareTo(other) < 0)) {
        front = next;
        open();
      } else {
        front = ranks.poll();
      }
      return front != null;
    }
  }

  public Line(List<Snapshot.Lane> lanes) {
    for (Snapshot.Lane lane : lanes) {
      turns.add(new Turn(lane, lanes.size() == 1));
    }
  }

  /** Who is next; null when nobody waits. */
  public WaitingJob next() {
    Rank front = front();
    return front == null ? null : front.first;
  }

  /** What the next one needs, and those behind it that need the same. */
  public Snapshot.Group group() {
    return front().group;
  }

  private Rank front() {
    for (Turn turn = turns.peek(); turn != null; turn = turns.peek()) {
      Rank front = turn.front();
      if (front != null) {
        return front;
      }
      turns.poll();
    }
    return null;
  }

  /** The one that was next has got its place. */
  public void placed() {
    Turn first = turns.peek();
    if (first.alone) { // no other lane to compare with
      if (!first.advance()) {
        turns.poll();
      }
      return;
    }
    first.vcpus += first.front().group.needs().vcpuMillis() / 1000.0;
    turns.poll();
    first.score();
    if (first.advance()) {
      turns.add(first);
    }
  }

  /** The one that was next has no place, and neither have those of its group. */
  public void skipped() {
    if (!turns.peek().leave()) {
      turns.poll();
    }
  }
}
