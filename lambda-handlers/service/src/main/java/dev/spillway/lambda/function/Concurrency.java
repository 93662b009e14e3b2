package dev.spillway.lambda.function;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Calls in flight, and who is throttled.
 *
 * <p>Shape: thread safe. Reserved concurrency is a cap here and not a guarantee: a local limit of a
 * few cores would leave nothing for the others if it were carved out.
 */
final class Concurrency {
  private final int limit;
  private final Map<String, Integer> inFlight = new HashMap<>();
  private int total;

  Concurrency(int limit) {
    this.limit = limit;
  }

  /**
   * Takes a place.
   *
   * @throws LambdaException 429 with Lambda's {@code Reason}
   */
  synchronized void enter(String functionName, OptionalInt reserved) {
    int mine = inFlight.getOrDefault(functionName, 0);
    if (reserved.isPresent() && mine >= reserved.getAsInt()) {
      throw throttled("ReservedFunctionConcurrentInvocationLimitExceeded");
    }
    if (total >= limit) {
      throw throttled("ConcurrentInvocationLimitExceeded");
    }
    inFlight.put(functionName, mine + 1);
    total++;
  }

  synchronized void leave(String functionName) {
    inFlight.computeIfPresent(functionName, (_, mine) -> mine == 1 ? null : mine - 1);
    total--;
  }

  private static LambdaException throttled(String reason) {
    return new LambdaException("TooManyRequestsException", 429, "Rate Exceeded.", reason);
  }
}
