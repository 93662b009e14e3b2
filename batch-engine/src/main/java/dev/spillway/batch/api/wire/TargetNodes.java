package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Nodes of a multi-node job, {@code from:to}, both included.
 *
 * @param text as it was given
 * @param open it has no upper end: it goes on to the last node
 */
record TargetNodes(String text, int from, int to, boolean open) {
  private static final Pattern FORM = Pattern.compile("([0-9]{0,4}):([0-9]{0,4})|([0-9]{1,4})");

  static TargetNodes parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw PrefixedRefusal.of("targetNodes should contain only digits.");
    }
    if (form.group(3) != null) {
      int node = Integer.parseInt(form.group(3));
      return new TargetNodes(text, node, node, false);
    }
    int from = form.group(1).isEmpty() ? 0 : Integer.parseInt(form.group(1));
    boolean open = form.group(2).isEmpty();
    int to = open ? Integer.MAX_VALUE : Integer.parseInt(form.group(2));
    if (from > to) {
      throw PrefixedRefusal.of("targetNodes %s ends before it begins.".formatted(text));
    }
    return new TargetNodes(text, from, to, open);
  }

  boolean has(int node) {
    return from <= node && node <= to;
  }

  boolean within(TargetNodes other) {
    return other.from <= from && to <= other.to;
  }

  /** They share nodes, and neither lies within the other. */
  boolean crosses(TargetNodes other) {
    return from <= other.to && other.from <= to && !within(other) && !other.within(this);
  }

  boolean same(TargetNodes other) {
    return from == other.from && to == other.to;
  }
}
