package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says where tasks would go, what they would cost and why, and stores nothing. */
@Command(
    name = "plan",
    description = "Say where the tasks of a file would go, what it would cost, and why.",
    mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer> {
  @Mixin ClientOptions client;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "Task documents; - reads standard input.")
  String file;

  @Override
  public Integer call() {
    JsonNode answer =
        client.api().post("/tasks:plan", SubmitCommand.document(SubmitCommand.read(file)));
    List<PlanView> plans =
        SubmitCommand.tasks(answer).stream().map(task -> new PlanView(task.task())).toList();
    PrintWriter out = spec.commandLine().getOut();
    if (client.json) {
      out.println(answer.toPrettyString());
    } else {
      Table table = client.table();
      table.print(out, PlanView.HEADER, plans.stream().map(PlanView::row).toList());
      if (client.verbose || (plans.size() == 1 && table.terminal())) {
        plans.forEach(plan -> details(out, plan, plans.size() > 1));
      }
    }
    out.flush();
    return refused(plans);
  }

  private static void details(PrintWriter out, PlanView plan, boolean named) {
    out.println();
    if (named) {
      out.println(plan.row().getFirst() + ":");
    }
    plan.task().path("sentences").forEach(line -> out.println(line.asText()));
  }

  private int refused(List<PlanView> plans) {
    long impossible = plans.stream().filter(PlanView::impossible).count();
    if (impossible == 0) {
      return 0;
    }
    PrintWriter err = spec.commandLine().getErr();
    err.println(
        "spillway: no route can take "
            + (plans.size() == 1
                ? "this task; a submit is refused."
                : impossible + " of " + plans.size() + " tasks; a submit of them is refused."));
    err.flush();
    return CommandFailure.REFUSED;
  }
}
