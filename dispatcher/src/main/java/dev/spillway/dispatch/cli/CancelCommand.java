package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Ends a task wherever it is. */
@Command(name = "cancel", description = "Cancel a task.", mixinStandardHelpOptions = true)
final class CancelCommand implements Callable<Integer> {
  @Mixin ClientOptions client;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "TASK", description = "Id, or its first 8 characters.")
  String task;

  @Option(names = "--reason", defaultValue = "Cancelled from the command line")
  String reason;

  @Override
  public Integer call() {
    SubmitCommand.print(
        client
            .api()
            .post(
                "/tasks/" + TaskApi.encoded(task) + ":cancel",
                JsonNodeFactory.instance.objectNode().put("reason", reason)),
        client,
        spec);
    return 0;
  }
}
