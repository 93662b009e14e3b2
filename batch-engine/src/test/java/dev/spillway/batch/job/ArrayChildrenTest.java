package dev.spillway.batch.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrayChildrenTest {
  private static final Instant AT = Instant.parse("2026-11-21T00:00:00Z");
  private static final int MILLION = 1_000_000;

  @Test
  void children_that_are_all_alike_take_no_room() {
    ArrayChildren children = ArrayChildren.pending(MILLION, AT);
    ArrayChildren.Moved ready = children.ready(ChildIndexes.range(0, MILLION), AT);
    assertThat(ready.indexes()).isEqualTo(ChildIndexes.range(0, MILLION));
    assertThat(ready.children().count(JobStatus.RUNNABLE)).isEqualTo(MILLION);
    for (int c = 0; c < ready.children().chunkCount(); c++) {
      assertThat(ready.children().chunk(c)).isNull();
    }
  }

  @Test
  void one_that_moves_takes_its_chunk_with_it_and_no_other() {
    ArrayChildren before =
        ArrayChildren.pending(MILLION, AT).ready(ChildIndexes.range(0, MILLION), AT).children();
    ArrayChildren after = before.with(5_000, ChildStatus.STARTING, AT);
    assertThat(after.chunk(1)).hasSize(ArrayChildren.CHUNK / 2);
    assertThat(IntStream.range(0, after.chunkCount()).filter(c -> after.chunk(c) != null).toArray())
        .containsExactly(1);
    assertThat(after.status(5_000)).isEqualTo(ChildStatus.STARTING);
    assertThat(before.status(5_000)).isEqualTo(ChildStatus.RUNNABLE);
    assertThat(after.nextRunnable(4_999)).isEqualTo(4_999);
    assertThat(after.nextRunnable(5_000)).isEqualTo(5_001);
  }

  @Test
  void the_first_child_that_comes_up_starts_the_array() {
    ArrayChildren children = ArrayChildren.pending(3, AT);
    ArrayChildren up = children.with(1, ChildStatus.RUNNING, AT.plusSeconds(1));
    assertThat(up.with(0, ChildStatus.RUNNING, AT.plusSeconds(2)).startedAt())
        .contains(AT.plusSeconds(1));
  }

  @Test
  void those_that_go_say_why() {
    var why = new ArrayChildren.Gone("not needed", AT);
    ArrayChildren children = ArrayChildren.pending(5, AT).with(2, ChildStatus.RUNNING, AT);
    ArrayChildren.Moved moved = children.go(ChildIndexes.range(1, 5), why);
    assertThat(moved.indexes()).isEqualTo(ChildIndexes.of(List.of(1, 3, 4)));
    assertThat(moved.children().status(3)).isEqualTo(ChildStatus.GONE);
    assertThat(moved.children().gone(3)).isEqualTo(why);
    assertThat(moved.children().status(2)).isEqualTo(ChildStatus.RUNNING);
    assertThat(moved.children().count(JobStatus.FAILED)).isEqualTo(3);
  }

  @Test
  void more_reasons_than_there_are_codes_share_the_last() {
    ArrayChildren children = ArrayChildren.pending(20, AT);
    for (int i = 0; i < 20; i++) {
      children =
          children.go(ChildIndexes.of(i), new ArrayChildren.Gone("reason " + i, AT)).children();
    }
    assertThat(children.allEnded()).isTrue();
    assertThat(children.gone(3).reason()).isEqualTo("reason 3");
    assertThat(children.gone(19).reason()).isEqualTo("reason 8");
  }

  @Test
  void an_index_outside_is_refused() {
    assertThatThrownBy(() -> ArrayChildren.pending(3, AT).status(3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> ArrayChildren.pending(3, AT).with(-1, ChildStatus.FAILED, AT))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  /**
   * The compact form is compared with a plain list, over random changes and a trip to the store.
   */
  @Test
  void it_is_a_list_of_statuses_in_less_room() {
    for (long seed = 1; seed <= 300; seed++) {
      Random random = new Random(seed);
      int size = 2 + random.nextInt(random.nextBoolean() ? 10 : 10_000);
      ArrayChildren children = ArrayChildren.pending(size, AT);
      List<ChildStatus> plain = new ArrayList<>(Collections.nCopies(size, ChildStatus.PENDING));
      for (int change = 0; change < 40; change++) {
        children = change(children, plain, random);
        assertThat(stored(children)).as("seed %d", seed).isEqualTo(children);
      }
      for (int i = 0; i < size; i++) {
        assertThat(children.status(i)).as("seed %d, child %d", seed, i).isEqualTo(plain.get(i));
      }
      for (ChildStatus status : ChildStatus.values()) {
        assertThat(children.count(status))
            .as("seed %d, %s", seed, status)
            .isEqualTo(Collections.frequency(plain, status));
        int next = children.next(size / 2, EnumSet.of(status));
        assertThat(next)
            .as("seed %d, next %s", seed, status)
            .isEqualTo(
                IntStream.range(size / 2, size)
                    .filter(i -> plain.get(i) == status)
                    .findFirst()
                    .orElse(-1));
      }
    }
  }

  private static ArrayChildren change(
      ArrayChildren children, List<ChildStatus> plain, Random random) {
    int from = random.nextInt(plain.size());
    ChildIndexes range =
        random.nextInt(4) == 0
            ? ChildIndexes.range(0, plain.size())
            : ChildIndexes.range(from, from + 1 + random.nextInt(plain.size() - from));
    return switch (random.nextInt(3)) {
      case 0 -> {
        for (int i = 0; i < plain.size(); i++) {
          if (range.contains(i) && plain.get(i) == ChildStatus.PENDING) {
            plain.set(i, ChildStatus.RUNNABLE);
          }
        }
        yield children.ready(range, AT).children();
      }
      case 1 -> {
        if (random.nextInt(5) > 0) {
          yield children;
        }
        Set<ChildStatus> waiting = Set.of(ChildStatus.PENDING, ChildStatus.RUNNABLE);
        int reached = 0;
        for (int i = 0; i < plain.size(); i++) {
          if (range.contains(i) && waiting.contains(plain.get(i))) {
            plain.set(i, ChildStatus.GONE);
            reached++;
          }
        }
        ArrayChildren.Moved moved =
            children.go(range, new ArrayChildren.Gone("r" + random.nextInt(3), AT));
        assertThat(moved.indexes().count()).isEqualTo(reached);
        yield moved.children();
      }
      default -> {
        ChildStatus to = ChildStatus.values()[2 + random.nextInt(5)];
        plain.set(from, to);
        yield children.with(from, to, AT);
      }
    };
  }

  private static ArrayChildren stored(ArrayChildren children) {
    byte[][] chunks = new byte[children.chunkCount()][];
    for (int c = 0; c < chunks.length; c++) {
      chunks[c] = children.chunk(c);
    }
    return ArrayChildren.of(children.summary(), chunks);
  }
}
