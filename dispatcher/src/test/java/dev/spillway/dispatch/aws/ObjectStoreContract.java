package dev.spillway.dispatch.aws;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.aws.ObjectStore.Location;
import dev.spillway.dispatch.wiring.ContractServer;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every adapter of {@link ObjectStore} promises, over a real S3. */
@Tag("conformance")
abstract class ObjectStoreContract {
  static final ContractServer SERVER = ContractServer.shared();

  abstract ObjectStore store();

  private static Location at(String key) {
    return new Location("contract", UUID.randomUUID() + "/" + key);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "result.json",
        "with space and + and %20.json",
        "Zoë/日本語/ключ.json",
        "a=b&c?d#e'f(g).json",
        "deep/er/and/deep/er"
      })
  void what_was_put_is_there_under_its_key_until_it_is_deleted(String key) {
    Location location = at(key);
    assertThat(store().get(location)).isEmpty();
    assertThat(store().size(location)).isEmpty();
    store().put(location, "{\"n\":1}".getBytes(UTF_8));
    assertThat(store().get(location))
        .hasValueSatisfying(b -> assertThat(b).asString().isEqualTo("{\"n\":1}"));
    assertThat(store().size(location)).hasValue(7L);
    store().delete(location);
    assertThat(store().get(location)).isEmpty();
    store().delete(location);
  }

  @Test
  void an_adapter_reads_what_the_server_itself_wrote() {
    Location location = at("ä ö.txt");
    SERVER.objects().put(location, "x".getBytes(UTF_8));
    assertThat(store().size(location)).hasValue(1L);
  }

  @Test
  void a_second_put_replaces_the_first() {
    Location location = at("twice");
    store().put(location, new byte[100]);
    store().put(location, new byte[] {7});
    assertThat(store().get(location).orElseThrow()).containsExactly(7);
  }

  @Test
  void an_empty_object_is_one() {
    Location location = at("empty");
    store().put(location, new byte[0]);
    assertThat(store().size(location)).hasValue(0L);
    assertThat(store().get(location).orElseThrow()).isEmpty();
  }

  @Test
  void ten_mebibytes_of_any_bytes_come_back_as_they_were() {
    byte[] content = new byte[10 << 20];
    new Random(1).nextBytes(content);
    Location location = at("large");
    store().put(location, content);
    assertThat(store().get(location).orElseThrow()).isEqualTo(content);
    assertThat(store().size(location)).hasValue((long) content.length);
  }

  @Test
  void a_bucket_that_is_absent_has_nothing_and_is_made_by_a_put() {
    Location location = new Location("made-" + UUID.randomUUID(), "key");
    assertThat(store().get(location)).isEmpty();
    assertThat(store().size(location)).isEmpty();
    store().delete(location);
    store().put(location, new byte[] {1});
    assertThat(store().get(location)).isPresent();
  }
}
