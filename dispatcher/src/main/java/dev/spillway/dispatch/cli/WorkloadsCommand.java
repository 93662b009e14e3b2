package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.spillway.dispatch.routing.Amounts;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What was learnt of workloads, and where their next task would go. */
@Command(
    name = "workloads",
    description = "Show what was learnt of workloads and where they go now; reset one.",
    mixinStandardHelpOptions = true,
    subcommands = WorkloadsCommand.Reset.class)
final class WorkloadsCommand implements Callable<Integer> {
  private static final List<String> HEADER =
      List.of("WORKLOAD", "FORMS", "RUNS", "p50", "p90", "MEMORY p95", "ROUTE NOW", "HINTS");
  private static final List<String> CHANGES = List.of("AT", "FROM", "TO", "TASK", "WHY");

  @Mixin ClientOptions client;

  @Spec CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "One workload, with the last changes of its route.")
  String name;

  @Override
  public Integer call() {
    JsonNode answer =
        client.api().get("/workloads" + (name == null ? "" : "/" + TaskApi.encoded(name)));
    PrintWriter out = spec.commandLine().getOut();
    List<JsonNode> workloads = new ArrayList<>();
    if (name == null) {
      answer.path("workloads").forEach(workloads::add);
    } else {
      workloads.add(answer);
    }
    if (client.json) {
      out.println(answer.toPrettyString());
    } else if (client.quiet) {
      workloads.forEach(w -> out.println(w.path("workload").asText()));
    } else {
      Table table = client.table();
      table.print(out, HEADER, workloads.stream().map(w -> row(w, table.terminal())).toList());
      if (name != null) {
        details(out, table, answer);
      }
      if (client.verbose) {
        PlanView.prices(answer.path("prices")).ifPresent(out::println);
      }
    }
    out.flush();
    return 0;
  }

  private static List<String> row(JsonNode workload, boolean terminal) {
    JsonNode history = workload.path("history");
    long runs = history.path("runs").longValue();
    return List.of(
        workload.path("workload").asText(),
        forms(workload),
        terminal ? Amounts.count(runs) : Long.toString(runs),
        seconds(history, "p50Seconds"),
        seconds(history, "p90Seconds"),
        memory(history.path("p95Memory").asText("")),
        workload.has("routeNow") ? workload.path("routeNow").path("route").asText("none") : "-",
        history.path("hints").path("verdict").asText("-"));
  }

  private static String forms(JsonNode workload) {
    boolean function = workload.has("function");
    boolean job = workload.has("jobDefinition");
    return function && job
        ? "function+job definition"
        : function ? "function" : job ? "job definition" : "-";
  }

  private static String seconds(JsonNode history, String member) {
    return history.has(member) ? Amounts.plain(history.path(member).doubleValue()) : "-";
  }

  /** {@code 1480 MiB} as {@code 1,480 MiB}. */
  private static String memory(String size) {
    return size.endsWith(" MiB")
        ? Amounts.mib(Long.parseLong(size.substring(0, size.length() - " MiB".length())))
        : "-";
  }

  private static void details(PrintWriter out, Table table, JsonNode workload) {
    JsonNode now = workload.path("routeNow");
    if (table.terminal() && now.isObject()) {
      out.println();
      out.println(
          now.has("route")
              ? "A task without a hint goes to "
                  + now.path("route").asText()
                  + (now.has("jobQueue") ? " (queue " + now.path("jobQueue").asText() + ")" : "")
                  + " now: "
                  + now.path("why").asText()
                  + (now.has("cost")
                      ? ", about " + Amounts.usd(now.path("cost").doubleValue())
                      : "")
                  + "."
              : "No route can take a task of it: " + now.path("why").asText() + ".");
    }
    List<List<String>> changes = new ArrayList<>();
    for (JsonNode change : workload.path("routeChanges")) {
      changes.add(
          List.of(
              change.path("at").asText(),
              change.path("from").asText(),
              change.path("to").asText(),
              TaskView.shortId(change.path("taskId").asText()),
              change.path("cause").asText()));
    }
    if (!changes.isEmpty()) {
      out.println();
      table.print(out, CHANGES, changes);
    } else if (table.terminal()) {
      out.println("Its route has not changed among its last tasks.");
    }
  }

  /** Forgets. */
  @Command(
      name = "reset",
      description = "Forget what was learnt of a workload.",
      mixinStandardHelpOptions = true)
  static final class Reset implements Callable<Integer> {
    @Mixin ClientOptions client;

    @Spec CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "The workload.")
    String name;

    @Override
    public Integer call() {
      JsonNode answer =
          client
              .api()
              .post(
                  "/workloads/" + TaskApi.encoded(name) + ":reset",
                  JsonNodeFactory.instance.objectNode());
      PrintWriter out = spec.commandLine().getOut();
      if (client.json) {
        out.println(answer.toPrettyString());
      } else {
        out.println(
            "What was learnt of " + name + " is forgotten: its next task is planned as its first.");
      }
      out.flush();
      return 0;
    }
  }
}
