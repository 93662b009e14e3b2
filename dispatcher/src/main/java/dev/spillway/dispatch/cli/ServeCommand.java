package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.wiring.RunningServer;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A server in one process, until SIGTERM or Ctrl-C. Jobs that run then go on running. */
@Command(
    name = "serve",
    description = {
      "Run a server: tasks, Batch and Lambda on one port, S3 on another.",
      "With --backend aws only tasks; they run in AWS Lambda and AWS Batch."
    },
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  @Mixin ConfigurationOptions options;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    Instant begun = ProcessStart.instant();
    RunningServer server = start(options, begun);
    // Whatever ends the process: the JVM's own exit code is then 130 for Ctrl-C.
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop"));
    // A stop that was asked for and went well is no failure.
    Signals.onTerm(() -> System.exit(0));
    spec.commandLine().getOut().println(server.readyLine());
    spec.commandLine().getOut().flush();
    new CountDownLatch(1).await();
    return 0;
  }

  static RunningServer start(ConfigurationOptions options, Instant begun) {
    try {
      return RunningServer.start(options.load(), begun);
    } catch (IllegalStateException | java.io.UncheckedIOException e) {
      throw new CommandFailure(CommandFailure.REFUSED, e.getMessage());
    }
  }
}
