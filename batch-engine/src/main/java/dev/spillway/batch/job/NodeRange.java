package dev.spillway.batch.job;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Nodes of a multi-node job, {@code from} and {@code to} included.
 *
 * @param open it has no upper end: it goes on to the last node
 */
public record NodeRange(int from, int to, boolean open) {
  private static final Pattern FORM = Pattern.compile("([0-9]{0,4}):([0-9]{0,4})|([0-9]{1,4})");

  /** Reads {@code from:to}, either of which may be left out, or one number; empty for others. */
  public static Optional<NodeRange> parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    if (form.group(3) != null) {
      int node = Integer.parseInt(form.group(3));
      return Optional.of(new NodeRange(node, node, false));
    }
    int from = form.group(1).isEmpty() ? 0 : Integer.parseInt(form.group(1));
    boolean open = form.group(2).isEmpty();
    return Optional.of(
        new NodeRange(from, open ? Integer.MAX_VALUE : Integer.parseInt(form.group(2)), open));
  }

  public boolean has(int node) {
    return from <= node && node <= to;
  }
}
