package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.config.Rule;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** One task, or the newest hundred. */
@Command(
    name = "status",
    description = "Show one task, or the newest ones.",
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
  @Mixin ClientOptions client;

  @Spec CommandSpec spec;

  @Parameters(arity = "0..1", paramLabel = "TASK", description = "Id, or its first 8 characters.")
  String task;

  @Option(
      names = "--wait",
      description = "Return when the task has ended; exit code 1 if it failed.")
  boolean wait;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "Stop waiting after this: 90s, PT5M.")
  String timeout;

  @Option(names = "--failed", description = "Failed tasks only.")
  boolean failed;

  @Override
  public Integer call() {
    TaskApi api = client.api();
    if (task == null) {
      if (wait) {
        throw new CommandFailure(
            CommandFailure.REFUSED, "--wait needs a task: spillway status --wait TASK");
      }
      SubmitCommand.print(api.get("/tasks" + (failed ? "?status=FAILED" : "")), client, spec);
      return 0;
    }
    JsonNode found;
    if (wait) {
      System.err.println("waiting for " + task + "; Ctrl-C detaches, the work goes on");
      try (var _ = Detach.from("status --wait " + task, client)) {
        found = new Waiting(api, Optional.ofNullable(timeout).map(StatusCommand::span)).end(task);
      }
    } else {
      found = api.get("/tasks/" + TaskApi.encoded(task));
    }
    TaskView view = new TaskView(found);
    if (client.json) {
      SubmitCommand.print(found, client, spec);
    } else if (client.quiet) {
      spec.commandLine().getOut().println(view.id());
    } else {
      print(view);
      new ArrayView(found).lines().forEach(spec.commandLine().getOut()::println);
    }
    return wait && !view.succeeded() ? CommandFailure.FAILED : 0;
  }

  private void print(TaskView view) {
    var out = spec.commandLine().getOut();
    Table table = client.table();
    table.print(out, TaskView.PAID_HEADER, List.of(view.paidRow(Instant.now())));
    if (table.terminal()) {
      TaskView.paid(List.of(view)).ifPresent(paid -> out.println(paid + "."));
    }
    if (client.verbose) {
      new PlanView(view.task()).prices().ifPresent(out::println);
    }
    out.flush();
  }

  static Duration span(String text) {
    try {
      return (Duration) new Rule.Span("PT1S", "P365D").read(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          CommandFailure.REFUSED, "--timeout is \"" + text + "\": " + e.getMessage() + ".");
    }
  }
}
