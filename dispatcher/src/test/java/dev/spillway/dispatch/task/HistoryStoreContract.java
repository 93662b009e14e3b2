package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store of what was learnt must do. */
abstract class HistoryStoreContract {
  private static final Instant AT = Instant.parse("2026-11-21T02:00:00.123Z");

  HistoryStore store;

  /** The same records each time. */
  abstract HistoryStore open();

  @BeforeEach
  void start() {
    store = open();
  }

  @AfterEach
  void stop() {
    store.close();
  }

  private static HistoryStore.Entry entry(String workload, String learnt) {
    return new HistoryStore.Entry(workload, learnt.getBytes(StandardCharsets.UTF_8), AT);
  }

  private static List<String> records(HistoryStore of) {
    List<String> all = new ArrayList<>();
    of.each(e -> all.add(e.workload() + "=" + new String(e.learnt(), StandardCharsets.UTF_8)));
    return all;
  }

  @Test
  void a_new_store_knows_nothing_and_has_learnt_from_no_end() {
    assertThat(records(store)).isEmpty();
    assertThat(store.learntTo()).isZero();
  }

  @Test
  void records_and_cursor_are_written_together_and_read_back() {
    store.write(List.of(entry("resize", "1"), entry("feed", "2")), 17);
    store.write(List.of(entry("resize", "3")), 18);
    HistoryStore again = open();
    assertThat(records(again)).containsExactly("feed=2", "resize=3");
    assertThat(again.learntTo()).isEqualTo(18);
    again.each(e -> assertThat(e.updatedAt()).isEqualTo(AT));
  }

  @Test
  void bytes_are_kept_as_they_are() {
    byte[] all = new byte[HistoryStore.Entry.MOST_BYTES];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    store.write(List.of(new HistoryStore.Entry("w", all, AT)), 0);
    store.each(e -> assertThat(e.learnt()).isEqualTo(all));
    assertThatThrownBy(() -> new HistoryStore.Entry("w", new byte[all.length + 1], AT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("workload w: a record of 65537 bytes; at most 65536");
  }

  @Test
  void a_cursor_alone_can_move_and_records_alone_can_change() {
    store.write(List.of(), 5);
    assertThat(store.learntTo()).isEqualTo(5);
    store.write(List.of(entry("a", "1")), 5);
    assertThat(records(store)).containsExactly("a=1");
  }

  @Test
  void a_cursor_does_not_go_back() {
    store.write(List.of(entry("a", "1")), 5);
    assertThatThrownBy(() -> store.write(List.of(entry("a", "2")), 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at 5 and cannot go back to 4");
    assertThat(records(store)).containsExactly("a=1");
  }

  @Test
  void a_learner_that_was_overtaken_writes_nothing_and_can_read_again() {
    HistoryStore other = open();
    assertThat(other.learntTo()).isZero();
    store.write(List.of(entry("a", "mine")), 5);
    assertThatThrownBy(() -> other.write(List.of(entry("a", "theirs")), 5))
        .isInstanceOf(HistoryStore.OvertakenException.class)
        .hasMessageContaining("ends after 0");
    assertThat(records(other)).containsExactly("a=mine");
    assertThat(other.learntTo()).isEqualTo(5);
    other.write(List.of(entry("a", "theirs")), 6);
    assertThat(records(store)).containsExactly("a=theirs");
  }

  @Test
  void a_workload_is_forgotten_and_the_others_stay() {
    store.write(List.of(entry("a", "1"), entry("b", "2")), 1);
    store.forget("a");
    store.forget("never seen");
    assertThat(records(store)).containsExactly("b=2");
    assertThat(store.learntTo()).isEqualTo(1);
  }

  @Test
  void many_records_are_read_in_order() {
    List<HistoryStore.Entry> many = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      many.add(entry("w%06d".formatted(i), String.valueOf(i)));
      expected.add("w%06d=%d".formatted(i, i));
    }
    store.write(many, 1);
    assertThat(records(store)).isEqualTo(expected);
    // The connection that streamed is as good as before.
    assertThat(store.learntTo()).isEqualTo(1);
    assertThatThrownBy(
            () ->
                store.each(
                    _ -> {
                      throw new IllegalArgumentException("enough");
                    }))
        .hasMessage("enough");
    assertThat(records(store)).isEqualTo(expected);
  }
}
