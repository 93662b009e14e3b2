package dev.spillway.dispatch.aws;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Around either adapter: a bounded number of calls at once, and a bucket whose store breaks is left
 * alone for a while.
 *
 * <p>Errors: a call that an open circuit does not let through is a {@link FailedException} with
 * status 503 and a sentence.
 */
public final class ResilientObjectStore implements ObjectStore {
  /** A caller who waits longer than this is told so. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final ObjectStore inner;
  private final Circuits circuits;
  private final Bulkhead bulkhead;

  /**
   * Around an adapter.
   *
   * @param inFlight most calls at once
   */
  public ResilientObjectStore(ObjectStore inner, int inFlight, Circuits circuits) {
    this.inner = inner;
    this.circuits = circuits;
    this.bulkhead =
        Bulkhead.of(
            "objects",
            BulkheadConfig.custom().maxConcurrentCalls(inFlight).maxWaitDuration(PATIENCE).build());
  }

  private <T> T guarded(Location location, Supplier<T> call) {
    String bucket = location.bucket();
    circuits
        .refusal(bucket)
        .ifPresent(
            sentence -> {
              throw new FailedException(503, sentence, null);
            });
    if (!bulkhead.tryAcquirePermission()) {
      circuits.unknown(bucket);
      throw new FailedException(
          503,
          "Bucket " + bucket + ": no call to S3 became free within " + PATIENCE.toSeconds() + " s.",
          null);
    }
    try {
      T answer = call.get();
      circuits.succeeded(bucket);
      return answer;
    } catch (FailedException e) {
      circuits.refused(bucket, e.status());
      throw e;
    } catch (RuntimeException e) {
      circuits.failed(bucket);
      throw e;
    } finally {
      bulkhead.onComplete();
    }
  }

  @Override
  public void put(Location location, byte[] content) {
    guarded(
        location,
        () -> {
          inner.put(location, content);
          return true;
        });
  }

  @Override
  public Optional<byte[]> get(Location location) {
    return guarded(location, () -> inner.get(location));
  }

  @Override
  public Optional<Long> size(Location location) {
    return guarded(location, () -> inner.size(location));
  }

  @Override
  public void delete(Location location) {
    guarded(
        location,
        () -> {
          inner.delete(location);
          return true;
        });
  }
}
