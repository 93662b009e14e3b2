package dev.spillway.lambda.runtimeapi;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Workers as children of this JVM, each in a process group of its own. For one-shot invokes and
 * tests; they run as this JVM's user.
 */
public final class LocalWorkerProcesses implements WorkerProcesses {
  private static final Logger LOG = LoggerFactory.getLogger(LocalWorkerProcesses.class);

  @Override
  public Worker start(Start start, Consumer<Exit> onExit) {
    // setsid does not fork here: the child of a JVM is no group leader, so the pid stays the same.
    List<String> command = new ArrayList<>(List.of("setsid"));
    command.addAll(start.command());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(start.workingDirectory().toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(start.output().toFile()));
    builder.environment().clear();
    builder.environment().putAll(start.environment());
    try {
      Files.createDirectories(start.workingDirectory());
      Process process = builder.start();
      process
          .onExit()
          .thenAccept(p -> onExit.accept(new Exit(OptionalInt.of(p.exitValue()), "exited")));
      return new LocalWorker(process);
    } catch (IOException e) {
      onExit.accept(new Exit(OptionalInt.empty(), e.getMessage()));
      return new NeverStarted();
    }
  }

  private record NeverStarted() implements Worker {
    @Override
    public OptionalInt pid() {
      return OptionalInt.empty();
    }

    @Override
    public void kill() {
      // There is nothing to kill.
    }
  }

  private static final class LocalWorker implements Worker {
    private final Process process;
    private final AtomicBoolean killed = new AtomicBoolean();

    LocalWorker(Process process) {
      this.process = process;
    }

    @Override
    public OptionalInt pid() {
      return OptionalInt.of((int) process.pid());
    }

    @Override
    public void kill() {
      if (!killed.compareAndSet(false, true)) {
        return;
      }
      // The group first: once the leader is gone, what it left behind could no longer be named.
      signalGroup();
      process.destroyForcibly();
    }

    private void signalGroup() {
      try {
        new ProcessBuilder("/bin/sh", "-c", "kill -9 -" + process.pid())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
      } catch (IOException e) {
        LOG.warn("process group {} could not be killed: {}", process.pid(), e.toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
