package dev.spillway.dispatch.fallback;

import java.time.Instant;
import java.util.List;

/** Where a task is; each state has what is true in it. */
public sealed interface TaskState {

  /** Since when. */
  Instant since();

  TaskStatus status();

  default boolean terminal() {
    return status().terminal();
  }

  /**
   * Waits for other tasks.
   *
   * @param waitingFor task ids, in the order given
   */
  record Pending(Instant since, List<String> waitingFor) implements TaskState {
    public Pending {
      waitingFor = List.copyOf(waitingFor);
    }

    @Override
    public TaskStatus status() {
      return TaskStatus.PENDING;
    }
  }

  /** Waits for a place, or for a throttle to pass. */
  record Runnable(Instant since) implements TaskState {
    @Override
    public TaskStatus status() {
      return TaskStatus.RUNNABLE;
    }
  }

  /** Has a place; nothing runs yet. */
  record Starting(Instant since) implements TaskState {
    @Override
    public TaskStatus status() {
      return TaskStatus.STARTING;
    }
  }

  /** Its code runs. */
  record Running(Instant since) implements TaskState {
    @Override
    public TaskStatus status() {
      return TaskStatus.RUNNING;
    }
  }

  /** One hop's result was taken. */
  record Succeeded(Instant since, int hop) implements TaskState {
    @Override
    public TaskStatus status() {
      return TaskStatus.SUCCEEDED;
    }
  }

  /** No route is left, the code failed, a dependency failed or the user cancelled it. */
  record Failed(Instant since, String reason) implements TaskState {
    @Override
    public TaskStatus status() {
      return TaskStatus.FAILED;
    }
  }
}
