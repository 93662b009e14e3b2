package dev.spillway.dispatch.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The story of a task in sentences. */
@Command(
    name = "explain",
    description = "Say what happened to a task and why.",
    mixinStandardHelpOptions = true)
final class ExplainCommand implements Callable<Integer> {
  @Mixin ClientOptions client;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "TASK", description = "Id, or its first 8 characters.")
  String task;

  @Override
  public Integer call() {
    String path = "/tasks/" + TaskApi.encoded(task) + "/explain";
    var out = spec.commandLine().getOut();
    if (client.json) {
      out.println(client.api().get(path).toPrettyString());
    } else {
      out.println(client.api().getText(path).stripTrailing());
    }
    out.flush();
    return 0;
  }
}
