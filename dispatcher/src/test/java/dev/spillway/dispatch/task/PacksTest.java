package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.BatchGateway.Start;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How large a pack may become, and how long one waits. */
class PacksTest {
  private static final Start ALIKE =
      new Start(
          "",
          "",
          "spot",
          "feed:1",
          Map.of(),
          Map.of(),
          OptionalInt.of(1),
          OptionalInt.of(64),
          OptionalInt.empty(),
          List.of(),
          Map.of(),
          BatchGateway.Share.NONE,
          false);

  private final Doubles.Clock clock = new Doubles.Clock();
  private final List<Message> inbox = new ArrayList<>();
  private final List<Instant> wakeUps = new ArrayList<>();
  private final Packs packs = new Packs(inbox::add, clock, wakeUps::add);

  private void add(int many, String payload) {
    for (int i = 0; i < many; i++) {
      packs.add(ALIKE, new Packs.Member("task-" + i + "/1", payload, "{}"));
    }
  }

  private List<Integer> sizes() {
    return inbox.stream()
        .flatMap(m -> m instanceof Message.Join(_, var place) ? Stream.of(place) : Stream.empty())
        .filter(place -> place.index() == 0)
        .map(place -> place.size())
        .toList();
  }

  @Test
  void ten_thousand_are_a_pack_at_once_and_the_next_one_begins_another() {
    add(Packs.MOST_MEMBERS + 2, "{}");
    assertThat(sizes()).containsExactly(10_000);
    clock.plusSeconds(1);
    packs.closeDue();
    assertThat(sizes()).containsExactly(10_000, 2);
  }

  @Test
  void the_lines_of_a_pack_stay_within_what_each_child_reads() {
    add(5, "x".repeat(Packs.MOST_BYTES / 3));
    clock.plusSeconds(1);
    packs.closeDue();
    assertThat(sizes()).containsExactly(2, 2);
    assertThat(inbox).contains(new Message.SendAlone("task-4/1"));
  }

  @Test
  void the_timer_is_told_of_a_groups_first_moment_and_asked_for_no_other() {
    add(3, "{}");
    assertThat(wakeUps).containsExactly(Doubles.START.plus(Packs.LINGER));
    assertThat(packs.nextDue()).hasValue(Doubles.START.plus(Packs.LINGER));
    assertThat(packs.holds("task-1/1")).isTrue();
    packs.leave("task-0/1");
    packs.leave("task-1/1");
    packs.leave("task-2/1");
    assertThat(packs.nextDue()).isEmpty();
  }

  @Test
  void one_that_found_no_company_joins_no_pack_before_it_is_known_what_became_of_it() {
    add(1, "{}");
    clock.plusSeconds(1);
    packs.closeDue();
    add(2, "{}");
    packs.settled(new BatchGateway.Event.Sent("task-0/1", "job-1"));
    clock.plusSeconds(1);
    packs.closeDue();
    assertThat(sizes()).isEmpty();
    assertThat(inbox)
        .containsExactly(new Message.SendAlone("task-0/1"), new Message.SendAlone("task-1/1"));
    assertThat(packs.holds("task-0/1")).isFalse();
  }

  @Test
  void the_key_of_a_pack_follows_from_its_hops_and_nothing_else() {
    var other = new ArrayList<Message>();
    var again = new Packs(other::add, clock, _ -> {});
    for (Packs each : List.of(packs, again)) {
      each.add(ALIKE, new Packs.Member("a/1", "{}", "{}"));
      each.add(ALIKE, new Packs.Member("b/2", "{}", "{}"));
    }
    clock.plusSeconds(1);
    packs.closeDue();
    again.closeDue();
    assertThat(inbox).isEqualTo(other).hasSize(2);
  }
}
