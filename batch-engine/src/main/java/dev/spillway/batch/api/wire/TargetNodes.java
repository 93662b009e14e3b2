package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import dev.spillway.batch.job.NodeRange;

/**
 * Nodes of a multi-node job, {@code from:to}, both included.
 *
 * @param text as it was given
 */
record TargetNodes(String text, NodeRange range) {

  static TargetNodes parse(String text) {
    NodeRange range =
        NodeRange.parse(text)
            .orElseThrow(() -> PrefixedRefusal.of("targetNodes should contain only digits."));
    if (range.from() > range.to()) {
      throw PrefixedRefusal.of("targetNodes %s ends before it begins.".formatted(text));
    }
    return new TargetNodes(text, range);
  }

  boolean has(int node) {
    return range.has(node);
  }

  int from() {
    return range.from();
  }

  int to() {
    return range.to();
  }

  boolean open() {
    return range.open();
  }

  boolean within(TargetNodes other) {
    return other.from() <= from() && to() <= other.to();
  }

  /** They share nodes, and neither lies within the other. */
  boolean crosses(TargetNodes other) {
    return from() <= other.to() && other.from() <= to() && !within(other) && !other.within(this);
  }

  boolean same(TargetNodes other) {
    return from() == other.from() && to() == other.to();
  }
}
