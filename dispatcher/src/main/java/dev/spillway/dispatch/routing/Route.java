package dev.spillway.dispatch.routing;

import java.util.Optional;

/** A place where a task can run. Declared in the order of list prices, cheapest first. */
public enum Route {
  FUNCTION("function"),
  BATCH_SPOT("batch-spot"),
  BATCH_FARGATE_SPOT("batch-fargate-spot"),
  BATCH_EC2("batch-ec2"),
  BATCH_FARGATE("batch-fargate");

  static final Route[] ALL = values();
  static final int COUNT = ALL.length;

  private final String word;

  Route(String word) {
    this.word = word;
  }

  /** The word users see. */
  public String word() {
    return word;
  }

  public boolean batch() {
    return this != FUNCTION;
  }

  public boolean fargate() {
    return this == BATCH_FARGATE || this == BATCH_FARGATE_SPOT;
  }

  /** Finds a route by its word. */
  public static Optional<Route> of(String word) {
    for (Route route : values()) {
      if (route.word.equals(word)) {
        return Optional.of(route);
      }
    }
    return Optional.empty();
  }
}
