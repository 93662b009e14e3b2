package dev.spillway.dispatch.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.dispatch.aws.ObjectStore.FailedException;
import dev.spillway.dispatch.aws.ObjectStore.Location;
import dev.spillway.dispatch.task.Doubles;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The circuit around a store that breaks when told. */
class ResilientObjectStoreTest {
  private static final Location A = new Location("a", "key");
  private static final Location B = new Location("b", "key");

  private final Doubles.Clock clock = new Doubles.Clock();
  private final Breaking objects = new Breaking();
  private final ObjectStore store =
      new ResilientObjectStore(objects, 4, new Circuits("Bucket", Duration.ofSeconds(30), clock));

  private static final class Breaking extends Doubles.Objects {
    int status;
    int calls;

    @Override
    public Optional<byte[]> get(Location location) {
      calls++;
      if (status != 0) {
        throw new FailedException(status, "S3 says no", null);
      }
      return super.get(location);
    }
  }

  private void fails(int status, int times) {
    objects.status = status;
    for (int i = 0; i < times; i++) {
      assertThatThrownBy(() -> store.get(A)).hasMessage("S3 says no");
    }
    objects.status = 0;
  }

  @Test
  void a_bucket_whose_store_breaks_is_left_alone_for_a_while_and_another_is_not() {
    fails(503, 5);
    assertThatThrownBy(() -> store.put(A, new byte[1]))
        .isInstanceOfSatisfying(FailedException.class, e -> assertThat(e.status()).isEqualTo(503))
        .hasMessageContaining("Bucket a is left alone")
        .hasMessageContaining("2026-11-21T02:00:34Z");
    store.put(B, new byte[1]);
    assertThat(store.size(B)).hasValue(1L);
    clock.plusSeconds(31);
    store.put(A, new byte[1]);
    assertThat(store.get(A)).isPresent();
  }

  @Test
  void what_is_absent_or_denied_opens_nothing() {
    fails(403, 20);
    for (int i = 0; i < 20; i++) {
      assertThat(store.get(A)).isEmpty();
    }
    assertThat(objects.calls).isEqualTo(40);
  }

  @Test
  void a_failed_call_gives_its_place_back() {
    fails(403, 10);
    store.delete(A);
    assertThat(store.get(A)).isEmpty();
  }
}
