package dev.spillway.batch.job;

import java.util.ArrayList;
import java.util.List;

/**
 * A set of children of one array job, as ranges: a million neighbours cost one.
 *
 * @param ranges rising, not touching, none empty
 */
public record ChildIndexes(List<Range> ranges) {
  public static final ChildIndexes NONE = new ChildIndexes(List.of());

  public ChildIndexes {
    ranges = List.copyOf(ranges);
  }

  /** {@code from} inclusive, {@code to} exclusive. */
  public record Range(int from, int to) {}

  public static ChildIndexes of(int index) {
    return range(index, index + 1);
  }

  /** Of indexes in rising order. */
  public static ChildIndexes of(List<Integer> rising) {
    var builder = new Builder();
    rising.forEach(i -> builder.add(i, i + 1));
    return builder.build();
  }

  public static ChildIndexes range(int from, int to) {
    return from < to ? new ChildIndexes(List.of(new Range(from, to))) : NONE;
  }

  public int count() {
    int count = 0;
    for (Range range : ranges) {
      count += range.to - range.from;
    }
    return count;
  }

  public boolean isEmpty() {
    return ranges.isEmpty();
  }

  public boolean contains(int index) {
    for (Range range : ranges) {
      if (index < range.to) {
        return index >= range.from;
      }
    }
    return false;
  }

  /** The {@code n}-th of them, counted from 0. */
  public int at(int n) {
    int left = n;
    for (Range range : ranges) {
      if (left < range.to - range.from) {
        return range.from + left;
      }
      left -= range.to - range.from;
    }
    throw new IndexOutOfBoundsException("%d of %d children".formatted(n, count()));
  }

  /** Collects indexes that come in rising order. */
  static final class Builder {
    private final List<Range> ranges = new ArrayList<>();
    private int from = -1;
    private int to = -1;

    void add(int first, int end) {
      if (first >= end) {
        return;
      }
      if (first == to) {
        to = end;
        return;
      }
      close();
      from = first;
      to = end;
    }

    ChildIndexes build() {
      close();
      return new ChildIndexes(ranges);
    }

    private void close() {
      if (from >= 0) {
        ranges.add(new Range(from, to));
        from = -1;
        to = -1;
      }
    }
  }
}
