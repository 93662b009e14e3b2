package dev.spillway.batch.job;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Where the children of one array job are: half a byte each, nothing as long as all are alike.
 *
 * <p>Shape: immutable, so that readers may keep one while the engine goes on. Children are kept in
 * chunks; a chunk that is absent holds only {@link #base}. A change copies one chunk (2 KiB) and
 * the list of chunks, so making an array costs the same whatever its size. <br>
 * Codes: 0 to 6 are the first seven {@link ChildStatus}; from 7 on, a child that went with others
 * before it started: the code less 7 is its place in {@link #gone}. <br>
 * Errors: an index outside the array is an {@link IndexOutOfBoundsException}.
 */
public final class ArrayChildren {
  /** Children in a chunk, and in a row of the store. */
  public static final int CHUNK = 4096;

  /** Reasons that fit into the codes; who goes after that goes for the last of them. */
  static final int GONE_MAX = 9;

  private static final int FIRST_GONE = ChildStatus.GONE.ordinal();
  private static final ChildStatus[] STATUSES = ChildStatus.values();

  private final int size;
  private final int base;
  private final byte[][] chunks;
  private final int[] counts;
  private final List<Gone> gone;
  private final Optional<Instant> startedAt;
  private final Instant movedAt;

  /** Why, and when, children went that had never started. */
  public record Gone(String reason, Instant at) {}

  /** What a change came to, and the children that it reached. */
  public record Moved(ArrayChildren children, ChildIndexes indexes) {}

  /**
   * Everything but the chunks.
   *
   * @param base code of every child in an absent chunk
   * @param startedAt of the first child that came up
   * @param movedAt of the last change
   */
  public record Summary(
      int size, int base, List<Gone> gone, Optional<Instant> startedAt, Instant movedAt) {}

  private ArrayChildren(Summary summary, byte[][] chunks, int[] counts) {
    this.size = summary.size();
    this.base = summary.base();
    this.gone = summary.gone();
    this.startedAt = summary.startedAt();
    this.movedAt = summary.movedAt();
    this.chunks = chunks;
    this.counts = counts;
  }

  /** All PENDING. */
  public static ArrayChildren pending(int size, Instant at) {
    int[] counts = new int[FIRST_GONE + GONE_MAX];
    counts[0] = size;
    return new ArrayChildren(
        new Summary(size, 0, List.of(), Optional.empty(), at), new byte[0][], counts);
  }

  /**
   * As the store has it.
   *
   * @param chunks by number; absent ones are null
   */
  public static ArrayChildren of(Summary summary, byte[][] chunks) {
    int[] counts = new int[FIRST_GONE + GONE_MAX];
    byte[][] kept = new byte[0][];
    for (int c = 0; c < chunkCount(summary.size()); c++) {
      int length = length(summary.size(), c);
      byte[] chunk = c < chunks.length ? chunks[c] : null;
      if (chunk == null) {
        counts[summary.base()] += length;
        continue;
      }
      if (kept.length == 0) {
        kept = new byte[chunkCount(summary.size())][];
      }
      kept[c] = chunk;
      for (int i = 0; i < length; i++) {
        counts[code(chunk, i)]++;
      }
    }
    return new ArrayChildren(summary, kept, counts);
  }

  public int size() {
    return size;
  }

  public Summary summary() {
    return new Summary(size, base, gone, startedAt, movedAt);
  }

  /** A chunk to be stored, or null where all are at {@link Summary#base}; never to be changed. */
  public byte[] chunk(int number) {
    return chunks.length == 0 ? null : chunks[number];
  }

  public int chunkCount() {
    return chunkCount(size);
  }

  public ChildStatus status(int index) {
    return statusOf(code(index));
  }

  /** Why a child went that never started. */
  public Gone gone(int index) {
    return gone.get(code(index) - FIRST_GONE);
  }

  public int count(ChildStatus status) {
    if (status != ChildStatus.GONE) {
      return counts[status.ordinal()];
    }
    int sum = 0;
    for (int code = FIRST_GONE; code < counts.length; code++) {
      sum += counts[code];
    }
    return sum;
  }

  /** As on the wire: RUNNABLE counts retries, FAILED those that never started. */
  public int count(JobStatus status) {
    int sum = 0;
    for (ChildStatus child : STATUSES) {
      if (child.wire() == status) {
        sum += count(child);
      }
    }
    return sum;
  }

  public boolean allEnded() {
    return count(JobStatus.SUCCEEDED) + count(JobStatus.FAILED) == size;
  }

  public Optional<Instant> startedAt() {
    return startedAt;
  }

  public Instant movedAt() {
    return movedAt;
  }

  /** The first child from {@code from} on that is RUNNABLE for the first time, or -1. */
  public int nextRunnable(int from) {
    return next(from, Set.of(ChildStatus.RUNNABLE));
  }

  /** The first child from {@code from} on that is in one of {@code statuses}, or -1. */
  public int next(int from, Set<ChildStatus> statuses) {
    boolean[] wanted = wanted(statuses);
    if (from >= size || !present(wanted)) {
      return -1;
    }
    for (int c = from / CHUNK; c < chunkCount(); c++) {
      int first = c * CHUNK;
      byte[] chunk = chunk(c);
      int i = Math.max(0, from - first);
      if (chunk == null) {
        if (wanted[base]) {
          return first + i;
        }
        continue;
      }
      for (; i < length(size, c); i++) {
        if (wanted[code(chunk, i)]) {
          return first + i;
        }
      }
    }
    return -1;
  }

  /** Those that wait and have no record. */
  public ChildIndexes waiting() {
    return go(ChildIndexes.range(0, size), new Gone("", movedAt)).indexes();
  }

  /** One child that has, or gets, a record. */
  public ArrayChildren with(int index, ChildStatus to, Instant at) {
    Objects.checkIndex(index, size);
    Optional<Instant> started =
        to == ChildStatus.RUNNING && startedAt.isEmpty() ? Optional.of(at) : startedAt;
    return move(ChildIndexes.of(index), all(), to.ordinal(), gone, started, at).children();
  }

  /** Those of {@code within} that are PENDING become RUNNABLE. */
  public Moved ready(ChildIndexes within, Instant at) {
    return move(
        within,
        wanted(Set.of(ChildStatus.PENDING)),
        ChildStatus.RUNNABLE.ordinal(),
        gone,
        startedAt,
        at);
  }

  /** Those of {@code within} that wait, and have no record, end. */
  public Moved go(ChildIndexes within, Gone why) {
    List<Gone> reasons = gone;
    int place = gone.indexOf(why);
    if (place < 0 && gone.size() < GONE_MAX) {
      place = gone.size();
      reasons = new ArrayList<>(gone);
      reasons.add(why);
      reasons = List.copyOf(reasons);
    }
    int code = FIRST_GONE + (place < 0 ? GONE_MAX - 1 : place);
    Moved moved =
        move(
            within,
            wanted(Set.of(ChildStatus.PENDING, ChildStatus.RUNNABLE)),
            code,
            reasons,
            startedAt,
            why.at());
    return moved.indexes().isEmpty() ? new Moved(this, ChildIndexes.NONE) : moved;
  }

  private Moved move(
      ChildIndexes within,
      boolean[] from,
      int to,
      List<Gone> reasons,
      Optional<Instant> started,
      Instant at) {
    byte[][] next =
        chunks.length == 0 ? new byte[chunkCount()][] : Arrays.copyOf(chunks, chunks.length);
    int[] counted = counts.clone();
    int newBase = base;
    var reached = new ChildIndexes.Builder();
    boolean everything = within.equals(ChildIndexes.range(0, size));
    if (everything && from[base]) {
      newBase = to;
    }
    for (ChildIndexes.Range range : within.ranges()) {
      for (int c = range.from() / CHUNK; c * CHUNK < range.to(); c++) {
        int first = c * CHUNK;
        int begin = Math.max(range.from(), first);
        int end = Math.min(range.to(), first + length(size, c));
        if (next[c] == null) {
          if (!from[base]) {
            continue;
          }
          if (everything) { // the base moves, and with it every chunk that is absent
            counted[base] -= end - begin;
            counted[to] += end - begin;
            reached.add(begin, end);
            continue;
          }
          next[c] = filled(base);
        } else {
          next[c] = next[c].clone();
        }
        for (int i = begin; i < end; i++) {
          int code = code(next[c], i - first);
          if (from[code]) {
            put(next[c], i - first, to);
            counted[code]--;
            counted[to]++;
            reached.add(i, i + 1);
          }
        }
      }
    }
    return new Moved(
        new ArrayChildren(new Summary(size, newBase, reasons, started, at), next, counted),
        reached.build());
  }

  private boolean[] all() {
    boolean[] all = new boolean[counts.length];
    Arrays.fill(all, true);
    return all;
  }

  private boolean[] wanted(Set<ChildStatus> statuses) {
    boolean[] wanted = new boolean[counts.length];
    for (int code = 0; code < wanted.length; code++) {
      wanted[code] = statuses.contains(statusOf(code));
    }
    return wanted;
  }

  private boolean present(boolean[] wanted) {
    for (int code = 0; code < wanted.length; code++) {
      if (wanted[code] && counts[code] > 0) {
        return true;
      }
    }
    return false;
  }

  private int code(int index) {
    Objects.checkIndex(index, size);
    byte[] chunk = chunk(index / CHUNK);
    return chunk == null ? base : code(chunk, index % CHUNK);
  }

  private static ChildStatus statusOf(int code) {
    return code < FIRST_GONE ? STATUSES[code] : ChildStatus.GONE;
  }

  private static int code(byte[] chunk, int i) {
    return (i & 1) == 0 ? chunk[i >> 1] & 0xf : (chunk[i >> 1] >> 4) & 0xf;
  }

  private static void put(byte[] chunk, int i, int code) {
    int other = (i & 1) == 0 ? chunk[i >> 1] & 0xf0 : chunk[i >> 1] & 0x0f;
    chunk[i >> 1] = (byte) ((i & 1) == 0 ? other | code : other | code << 4);
  }

  private static byte[] filled(int code) {
    byte[] chunk = new byte[CHUNK / 2];
    Arrays.fill(chunk, (byte) (code | code << 4));
    return chunk;
  }

  private static int chunkCount(int size) {
    return (size + CHUNK - 1) / CHUNK;
  }

  private static int length(int size, int chunk) {
    return Math.min(CHUNK, size - chunk * CHUNK);
  }

  /** Equal when every child is, whatever is kept how. */
  @Override
  public boolean equals(Object other) {
    if (this == other) {
      return true;
    }
    if (!(other instanceof ArrayChildren that)
        || size != that.size
        || !gone.equals(that.gone)
        || !startedAt.equals(that.startedAt)
        || !movedAt.equals(that.movedAt)
        || !Arrays.equals(counts, that.counts)) {
      return false;
    }
    for (int c = 0; c < chunkCount(); c++) {
      if (chunk(c) == that.chunk(c) && (chunk(c) != null || base == that.base)) {
        continue;
      }
      for (int i = c * CHUNK; i < c * CHUNK + length(size, c); i++) {
        if (code(i) != that.code(i)) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return Objects.hash(size, gone, movedAt, Arrays.hashCode(counts));
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("children[");
    for (ChildStatus status : STATUSES) {
      if (count(status) > 0) {
        text.append(status).append('=').append(count(status)).append(' ');
      }
    }
    return text.append("of ").append(size).append(']').toString();
  }
}
