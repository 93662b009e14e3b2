package dev.spillway.batch.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class JobLifecycleTest {
  private static final Instant AT = Instant.parse("2026-11-21T00:00:00Z");
  private static final Placement ON =
      new Placement(
          "ce",
          "ce_Batch_1",
          "i-0123456789abcdef0",
          List.of(),
          "0123456789abcdef0123456789abcdef",
          AT);
  private static final Optional<Stop> TERMINATED =
      Optional.of(new Stop(Stop.Cause.TERMINATED, "enough"));
  private static final RetryRules TWICE = new RetryRules(2, List.of());
  private static final Path DOCUMENT = Path.of("../docs/life-of-a-job.md");

  private static SequencedMap<String, JobState> states() {
    SequencedMap<String, JobState> states = new LinkedHashMap<>();
    states.put("SUBMITTED", new JobState.Submitted());
    states.put("PENDING on a", new JobState.Pending(List.of("a"), Optional.empty(), false));
    states.put("PENDING on a, b", new JobState.Pending(List.of("a", "b"), Optional.empty(), false));
    states.put("PENDING on a, terminated", new JobState.Pending(List.of("a"), TERMINATED, false));
    states.put("array, PENDING on a", new JobState.Pending(List.of("a"), Optional.empty(), true));
    states.put("array, its children live", new JobState.Fanned(Optional.empty()));
    states.put("array, its children live, terminated", new JobState.Fanned(TERMINATED));
    states.put("RUNNABLE, attempt 1 of 2", new JobState.Runnable(1, AT));
    states.put("STARTING, attempt 1 of 2", new JobState.Starting(1, ON, Optional.empty()));
    states.put("STARTING, attempt 2 of 2", new JobState.Starting(2, ON, Optional.empty()));
    states.put("STARTING, terminated", new JobState.Starting(1, ON, TERMINATED));
    states.put("RUNNING, attempt 1 of 2", new JobState.Running(1, ON, AT, Optional.empty()));
    states.put("RUNNING, attempt 2 of 2", new JobState.Running(2, ON, AT, Optional.empty()));
    states.put("RUNNING, terminated", new JobState.Running(1, ON, AT, TERMINATED));
    states.put(
        "SUCCEEDED", new JobState.Succeeded(1, Optional.of(JobLifecycle.CONTAINER_EXITED), AT));
    states.put("FAILED", new JobState.Failed(1, "why", AT));
    return states;
  }

  private static SequencedMap<String, JobEvent> events() {
    SequencedMap<String, JobEvent> events = new LinkedHashMap<>();
    events.put("nothing to wait for", new JobEvent.Evaluated(List.of(), AT));
    events.put("waits for a", new JobEvent.Evaluated(List.of("a"), AT));
    events.put("array, nothing to wait for", new JobEvent.ArrayEvaluated(List.of(), AT));
    events.put("array, waits for a", new JobEvent.ArrayEvaluated(List.of("a"), AT));
    events.put("a succeeded", new JobEvent.DependencySucceeded("a", AT));
    events.put("a failed", new JobEvent.DependencyFailed("a", AT));
    events.put("CancelJob", new JobEvent.CancelRequested("cancelled", AT));
    events.put("TerminateJob", new JobEvent.TerminateRequested("terminated", AT));
    events.put("placed", new JobEvent.Placed(ON));
    events.put("container up", new JobEvent.Started(AT));
    events.put("exit 0", new JobEvent.Exited(OptionalInt.of(0), Optional.empty(), AT));
    events.put("exit 1", new JobEvent.Exited(OptionalInt.of(1), Optional.empty(), AT));
    events.put("did not start", new JobEvent.StartFailed("CannotPullContainerError: x", AT));
    events.put("host lost", new JobEvent.HostLost(AT));
    events.put("Spot task interrupted", new JobEvent.SpotTaskInterrupted(AT));
    events.put("timed out", new JobEvent.TimedOut(AT));
    events.put("all children succeeded", new JobEvent.ChildrenEnded(true, AT));
    events.put("all children ended, one failed", new JobEvent.ChildrenEnded(false, AT));
    return events;
  }

  /** One line for each pair that is legal; every other pair is refused with both named. */
  private static String table() {
    StringBuilder table = new StringBuilder("| From | Event | To |\n|---|---|---|\n");
    for (Map.Entry<String, JobState> state : states().entrySet()) {
      for (Map.Entry<String, JobEvent> event : events().entrySet()) {
        String to;
        try {
          to =
              describe(
                  JobLifecycle.next(state.getValue(), event.getValue(), TWICE), state.getValue());
        } catch (IllegalTransitionException e) {
          assertThat(e)
              .hasMessageContaining(state.getValue().toString())
              .hasMessageContaining(event.getValue().toString());
          continue;
        }
        table.append("| %s | %s | %s |\n".formatted(state.getKey(), event.getKey(), to));
      }
    }
    return table.toString();
  }

  private static String describe(JobState to, JobState from) {
    if (to.equals(from)) {
      return "unchanged";
    }
    return switch (to) {
      case JobState.Submitted _ -> "SUBMITTED";
      case JobState.Pending p ->
          (p.array() ? "array, " : "")
              + "PENDING on "
              + String.join(", ", p.waitingFor())
              + stop(p.stop());
      case JobState.Fanned f -> "array, its children live" + stop(f.stop());
      case JobState.Runnable r -> "RUNNABLE, attempt " + r.attempt();
      case JobState.Starting s -> "STARTING, attempt " + s.attempt() + stop(s.stop());
      case JobState.Running r -> "RUNNING, attempt " + r.attempt() + stop(r.stop());
      case JobState.Succeeded s -> "SUCCEEDED" + s.statusReason().map(r -> ": " + r).orElse("");
      case JobState.Failed f -> "FAILED: " + f.statusReason();
    };
  }

  private static String stop(Optional<Stop> stop) {
    return stop.map(s -> ", to stop: " + s.reason()).orElse("");
  }

  @Test
  void every_state_and_event_move_as_the_checked_in_table_says() throws IOException {
    assertThat(Files.readString(DOCUMENT))
        .as("the table of every move, as the code has it:%n%s", table())
        .endsWith(table());
  }

  @Test
  void a_stopped_job_is_never_retried_and_keeps_the_callers_reason() {
    JobState end =
        JobLifecycle.next(
            new JobState.Running(1, ON, AT, TERMINATED),
            new JobEvent.Exited(OptionalInt.of(143), Optional.empty(), AT),
            TWICE);
    assertThat(end).isEqualTo(new JobState.Failed(1, "enough", AT));
  }

  @Test
  void a_timed_out_attempt_fails_even_when_it_exits_with_0() {
    JobState stopping =
        JobLifecycle.next(
            new JobState.Running(1, ON, AT, Optional.empty()), new JobEvent.TimedOut(AT), TWICE);
    JobState end =
        JobLifecycle.next(
            stopping, new JobEvent.Exited(OptionalInt.of(0), Optional.empty(), AT), TWICE);
    assertThat(end).isEqualTo(new JobState.Failed(1, "Job attempt duration exceeded timeout", AT));
  }

  @Test
  void an_ended_job_takes_nothing_but_requests_that_change_nothing() {
    assertThatThrownBy(
            () ->
                JobLifecycle.next(new JobState.Failed(1, "x", AT), new JobEvent.Started(AT), TWICE))
        .isInstanceOf(IllegalTransitionException.class)
        .hasMessageContaining("Failed")
        .hasMessageContaining("Started");
  }
}
