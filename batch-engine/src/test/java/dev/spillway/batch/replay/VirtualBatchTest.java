package dev.spillway.batch.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VirtualBatchTest {
  private static final Instant START = Instant.EPOCH;

  private final VirtualBatch batch =
      new VirtualBatch(START, Duration.ofSeconds(60), Duration.ofSeconds(30));

  private void queueOn(VirtualBatch.Kind kind, int vcpus, String... types) {
    batch.createComputeEnvironment("ce", kind, vcpus, List.of(types));
    batch.createJobQueue("q", 1, List.of("ce"));
  }

  private void submit(String job, int seconds) {
    batch.submit(job, "q", 1, 2048, Duration.ofSeconds(seconds));
  }

  /** {@code job word seconds} of every move until nothing lives. */
  private List<String> story() {
    List<String> story = new ArrayList<>();
    for (Optional<Instant> next = batch.next(); next.isPresent(); next = batch.next()) {
      for (JobMove move : batch.advance(next.get())) {
        String word =
            switch (move) {
              case JobMove.Starting _ -> "starts";
              case JobMove.Running _ -> "runs";
              case JobMove.Ended(_, _, Optional<String> failure) -> failure.orElse("ends");
            };
        story.add(move.jobId() + " " + word + " " + move.at().getEpochSecond());
      }
    }
    return story;
  }

  @Test
  void the_third_of_three_jobs_waits_for_one_of_two_vcpus() {
    queueOn(VirtualBatch.Kind.FARGATE, 2);
    submit("a", 100);
    submit("b", 50);
    submit("c", 10);
    assertThat(batch.load("q").runnable()).isEqualTo(1);
    assertThat(batch.load("q").vcpus()).isEqualTo(2);
    assertThat(story())
        .containsExactly(
            "a starts 0",
            "b starts 0",
            "a runs 30",
            "b runs 30",
            "b ends 80",
            "c starts 80",
            "c runs 110",
            "c ends 120",
            "a ends 130");
    assertThat(batch.load("q")).isEqualTo(new VirtualBatch.Load(0, 0, (130 + 80 + 40) / 3.0));
  }

  @Test
  void a_job_waits_until_an_instance_was_launched_for_it() {
    queueOn(VirtualBatch.Kind.EC2, 2, "m6i.large");
    submit("a", 100);
    assertThat(story()).containsExactly("a starts 60", "a runs 90", "a ends 190");
  }

  @Test
  void a_job_that_waits_can_be_cancelled_and_one_that_runs_goes_on() {
    queueOn(VirtualBatch.Kind.FARGATE, 1);
    submit("a", 100);
    submit("b", 100);
    batch.advance(START.plusSeconds(40));
    batch.cancel("a", "no more");
    batch.cancel("b", "no more");
    assertThat(story()).containsExactly("b no more 40", "a ends 130");
  }

  @Test
  void time_that_passes_without_a_job_changes_nothing() {
    queueOn(VirtualBatch.Kind.FARGATE, 1);
    assertThat(batch.next()).isEmpty();
    assertThat(batch.advance(START.plus(Duration.ofHours(5)))).isEmpty();
    submit("a", 1);
    assertThat(story()).containsExactly("a starts 18000", "a runs 18030", "a ends 18031");
  }

  @Test
  void a_job_that_could_never_start_is_refused() {
    queueOn(VirtualBatch.Kind.FARGATE, 2);
    assertThatThrownBy(() -> batch.submit("a", "q", 4, 2048, Duration.ZERO))
        .hasMessage(
            "Job a asks for 4.0 vCPUs; no compute environment of job queue q has more than 2. Ask for less, or raise maxvCpus.");
    assertThatThrownBy(() -> batch.submit("a", "p", 1, 2048, Duration.ZERO))
        .hasMessageContaining("no job queue p");
  }
}
