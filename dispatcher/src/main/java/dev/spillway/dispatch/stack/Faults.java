package dev.spillway.dispatch.stack;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with a template, so that all of it is told at once. */
final class Faults {
  private final List<String> found = new ArrayList<>();

  /** {@code FeedFunction.Timeout is 9000; it must be 1 to 900.} */
  void add(String logicalId, String property, Object value, String rule) {
    found.add("%s.%s is %s; %s".formatted(logicalId, property, value, rule));
  }

  void add(String sentence) {
    found.add(sentence);
  }

  boolean none() {
    return found.isEmpty();
  }

  List<String> all() {
    return List.copyOf(found);
  }
}
