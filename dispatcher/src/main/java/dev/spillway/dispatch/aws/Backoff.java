package dev.spillway.dispatch.aws;

import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Repeats calls that are harmless to repeat, with longer and longer waits. A refusal is not
 * repeated; a throttle, a 5xx and no answer are.
 */
final class Backoff {
  private static final double GROWTH = 2;
  private static final double JITTER = 0.3;

  private final IntervalFunction waits;
  private final int tries;

  /**
   * With its limits.
   *
   * @param tries in all, at least 1
   */
  Backoff(Duration first, Duration longest, int tries) {
    this.waits = IntervalFunction.ofExponentialRandomBackoff(first, GROWTH, JITTER, longest);
    this.tries = tries;
  }

  <T> T call(Supplier<T> call) {
    return call(call, _ -> true);
  }

  /**
   * Calls until it answers.
   *
   * @param goOn asked before each repetition
   * @throws SdkException the last one
   */
  <T> T call(Supplier<T> call, Predicate<SdkException> goOn) {
    for (int attempt = 1; ; attempt++) {
      try {
        return call.get();
      } catch (SdkException e) {
        SdkFailure failure = SdkFailure.of(e);
        boolean passing = failure.unclear() || failure.status() == 429;
        if (!passing || attempt == tries || !goOn.test(e)) {
          throw e;
        }
        pause(Duration.ofMillis(waits.apply(attempt)), e);
      }
    }
  }

  private static void pause(Duration wait, SdkException cause) {
    try {
      Thread.sleep(wait);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw cause;
    }
  }
}
