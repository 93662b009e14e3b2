package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Submits an ended task once more, or of an array those children that failed. */
@Command(
    name = "rerun",
    description = "Run a task that has ended once more, as a new task.",
    mixinStandardHelpOptions = true)
final class RerunCommand implements Callable<Integer> {
  @Mixin ClientOptions client;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "TASK", description = "Id, or its first 8 characters.")
  String task;

  @Option(
      names = "--failed-only",
      description = "Of an array, only the children that did not succeed; they keep their index.")
  boolean failedOnly;

  @Override
  public Integer call() {
    SubmitCommand.print(
        client
            .api()
            .post(
                "/tasks/" + TaskApi.encoded(task) + ":rerun",
                JsonNodeFactory.instance.objectNode().put("failedOnly", failedOnly)),
        client,
        spec);
    return 0;
  }
}
