package dev.spillway.dispatch.wiring;

import dev.spillway.dispatch.task.RunnerThreads;
import dev.spillway.dispatch.task.TaskRunner;
import dev.spillway.dispatch.task.TaskStore;
import dev.spillway.dispatch.task.Tasks;

/**
 * The dispatcher inside this process. Started once the functions and queues of the template are
 * there: tasks under way are sent again at once, and must find them.
 */
public final class Dispatcher implements AutoCloseable {
  private final TaskStore store;
  private final TaskRunner runner;
  private final RunnerThreads threads;
  private final Tasks tasks;
  private boolean started;

  Dispatcher(TaskStore store, TaskRunner runner, RunnerThreads threads, Tasks tasks) {
    this.store = store;
    this.runner = runner;
    this.threads = threads;
    this.tasks = tasks;
  }

  /** Recovers what was under way and begins to send. Submits before that are kept and wait. */
  public synchronized void start() {
    if (!started) {
      started = true;
      threads.start(runner);
    }
  }

  public Tasks tasks() {
    return tasks;
  }

  /** Stops sending; what runs in functions and jobs is not stopped. */
  @Override
  public synchronized void close() {
    threads.close();
    store.close();
  }
}
