package dev.spillway.dispatch.routing;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;

/**
 * The starts that were seen of one place, the last ones counting most. Immutable.
 *
 * <p>Of what was sent together only the soonest counts: those after it may have stood behind it,
 * and the wait in a line is told by its load.
 *
 * @param count how many count
 * @param before mean of all but the last, seconds
 * @param last seconds
 * @param sentAt when the last was sent
 */
public record SeenStarts(int count, double before, double last, Instant sentAt) {
  /** Nothing was seen. */
  public static final SeenStarts NONE = new SeenStarts(0, 0, 0, Instant.EPOCH);

  /** Fewer say nothing: the first start of all is often the slowest. */
  private static final int LEAST = 3;

  /** What the last start counts at least. */
  private static final double WEIGHT = 0.2;

  private static final Duration TOGETHER = Duration.ofSeconds(1);

  /** With one more. */
  public SeenStarts with(double seconds, Instant sent) {
    boolean together = count > 0 && Duration.between(sentAt, sent).abs().compareTo(TOGETHER) < 0;
    return together
        ? new SeenStarts(count, before, Math.min(last, seconds), sentAt)
        : new SeenStarts(count + 1, mean(), seconds, sent);
  }

  /** What to expect of the next; empty when too few were seen. */
  public OptionalDouble seconds() {
    return count < LEAST ? OptionalDouble.empty() : OptionalDouble.of(mean());
  }

  private double mean() {
    double weight = count == 0 ? 0 : Math.max(WEIGHT, 1.0 / count);
    return before + weight * (last - before);
  }
}
