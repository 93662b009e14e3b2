package dev.spillway.dispatch.wiring;

import dev.spillway.batch.execution.process.ProcessSupervisor;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import dev.spillway.lambda.runtimeapi.WorkerProcesses;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Function workers as processes of the supervisor, tied to this server: they end with it, also when
 * it is killed.
 */
final class SupervisedWorkers implements WorkerProcesses {
  // Job processes have ids of their own shape; this keeps the two apart.
  private static final String PREFIX = "worker-";
  private static final int SIGKILL = 9;

  private final ProcessSupervisor supervisor;
  private final Map<String, Running> workers = new ConcurrentHashMap<>();

  SupervisedWorkers(ProcessSupervisor supervisor) {
    this.supervisor = supervisor;
    supervisor.listen(this::changed);
  }

  @Override
  public Worker start(Start start, Consumer<Exit> onExit) {
    Running worker = new Running(PREFIX + start.id(), onExit);
    workers.put(worker.id, worker);
    try {
      supervisor.spawn(
          new ProcessSupervisor.Spawn(
              worker.id,
              start.command(),
              start.environment(),
              start.workingDirectory(),
              start.output(),
              true));
    } catch (RuntimeException e) {
      ended(worker.id, new Exit(OptionalInt.empty(), String.valueOf(e.getMessage())));
    }
    return worker;
  }

  private void changed(Status status) {
    if (!status.id().startsWith(PREFIX)) {
      return;
    }
    switch (status) {
      case Status.Running running -> {
        Running worker = workers.get(running.id());
        if (worker != null) {
          worker.pid = OptionalInt.of((int) running.pid());
        }
      }
      case Status.Ended ended ->
          ended(
              ended.id(),
              new Exit(
                  ended.exitCode(),
                  ended.exitCode().isPresent()
                      ? "exit code " + ended.exitCode().getAsInt()
                      : "its end was not seen"));
      case Status.NotStarted failed ->
          ended(failed.id(), new Exit(OptionalInt.empty(), failed.reason()));
    }
  }

  private void ended(String id, Exit exit) {
    Running worker = workers.remove(id);
    if (worker != null) {
      worker.onExit.accept(exit);
    }
    supervisor.forget(id);
  }

  private final class Running implements Worker {
    private final String id;
    private final Consumer<Exit> onExit;
    private volatile OptionalInt pid = OptionalInt.empty();

    Running(String id, Consumer<Exit> onExit) {
      this.id = id;
      this.onExit = onExit;
    }

    @Override
    public OptionalInt pid() {
      return pid;
    }

    @Override
    public void kill() {
      supervisor.signal(id, SIGKILL);
    }
  }
}
