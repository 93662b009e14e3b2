package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.simulate.Assumptions;
import dev.spillway.dispatch.simulate.Capacity;
import dev.spillway.dispatch.simulate.Comparison;
import dev.spillway.dispatch.simulate.Feedback;
import dev.spillway.dispatch.simulate.Simulation;
import dev.spillway.dispatch.simulate.SimulationChart;
import dev.spillway.dispatch.simulate.SimulationReport;
import dev.spillway.dispatch.simulate.Trace;
import dev.spillway.dispatch.simulate.TraceFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What would my work cost? Needs no server. */
@Command(
    name = "simulate",
    description =
        "Replay a trace through the router, its forecasts, the fallback and the Batch engine's"
            + " scheduler in virtual time, next to simple policies and the oracle.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {
      "",
      "A trace is a CSV file with the columns workflow, application, program and runtime_seconds,",
      "and where known memory_bytes, input_bytes, parents, hint_seconds and submit_seconds; or a",
      "file in the Standard Workload Format (.swf). Each may be packed with gzip (.gz).",
      "",
      "Without --max-vcpus, --function-concurrency and --arrivals no task is in the way of another",
      "one. With one of them tasks wait for their parents and for free places, and the table has",
      "more columns: the mean wait for a place, the makespan, what jobs held of Batch, and tasks",
      "that had no route left."
    })
final class SimulateCommand implements Callable<Integer> {
  @Option(
      names = "--trace",
      paramLabel = "FILE",
      required = true,
      description = "A .csv or .swf file, also as .gz.")
  Path trace;

  @Option(
      names = "--policy",
      paramLabel = "NAME",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = "Show this policy only; may be given several times. Default: all.")
  List<String> policies = new ArrayList<>();

  @Option(
      names = "--objective",
      paramLabel = "WHAT",
      description = "cost, speed or balanced. Default: routing.objective, else cost.")
  String objective;

  @Option(
      names = "--feedback",
      paramLabel = "WHEN",
      description =
          "When it is known how a task went: instant, or when its workflow has ended. Default: both.")
  String feedback;

  @Option(
      names = "--orders",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Replay N seeded orders of the workflows and show medians; 0 is the order of"
              + " the file.")
  int orders;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the first order.")
  long seed;

  @Option(
      names = "--applications",
      description = "Show too how each application alone would go, learning from no other.")
  boolean applications;

  @Option(
      names = "--prices",
      paramLabel = "FILE",
      description = "List prices. Default: routing.prices, else the built-in ones.")
  Path prices;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Settings of the server to pretend to be; else spillway.yaml of the working directory. Of"
              + " them routing.* and fallback.* count; where none is given, all is as built in.")
  Path config;

  @Option(
      names = "--chart",
      paramLabel = "FILE.svg",
      description = "Draw the costs and waits into a file.")
  Path chart;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Mixin AssumptionOptions assumptions;

  @Mixin CapacityOptions capacity;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Trace read = read();
    SimulatedServer server = server();
    Simulation simulation = simulation(read, server);
    checkPolicies(simulation);
    progress(server.words());
    refuseUnless(orders >= 0 && orders <= 10_000, "--orders is " + orders + "; give 0 to 10000.");
    List<Comparison> comparisons = new ArrayList<>();
    for (Feedback when : feedbacks()) {
      progress("replaying " + Math.max(1, orders) + " orders, " + when.word() + " feedback");
      Comparison compared = simulation.compare(read, when, orders, seed, policies);
      comparisons.add(
          applications ? compared.with(simulation.alone(read, when, orders, seed)) : compared);
    }
    print(comparisons);
    if (chart != null) {
      Files.writeString(chart, SimulationChart.svg(comparisons));
      progress("the chart is in " + chart);
    }
    return 0;
  }

  private SimulatedServer server() {
    ConfigurationOptions options = new ConfigurationOptions();
    options.file = config;
    SimulatedServer server = SimulatedServer.of(options.load());
    return prices == null ? server : server.priced(prices);
  }

  private Simulation simulation(Trace read, SimulatedServer server) {
    Capacity shared = capacity.capacity();
    if (shared.arrivals() instanceof Capacity.Arrivals.OfTrace) {
      refuseUnless(
          read.timed(),
          "--arrivals is trace, but not every workflow of "
              + trace.getFileName()
              + " has a submit time (column submit_seconds). Give seconds between workflows.");
      refuseUnless(
          orders == 0,
          "--orders shuffles workflows, and --arrivals trace keeps each at its time. Give one of them.");
    }
    Assumptions assumed = assumptions.over(server.otherwise());
    try {
      return new Simulation(assumed, shared, server.routing(), server.fallback(), goal(server));
    } catch (IllegalArgumentException e) {
      throw refused(e.getMessage());
    }
  }

  private void print(List<Comparison> comparisons) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(SimulationReport.json(comparisons).toPrettyString());
    } else {
      var table = new Table(Terminal.isOne(), false);
      for (Comparison comparison : comparisons) {
        if (table.terminal()) {
          SimulationReport.summary(comparison).forEach(out::println);
        } else {
          SimulationReport.summary(comparison).forEach(spec.commandLine().getErr()::println);
        }
        table.print(out, SimulationReport.header(comparison), SimulationReport.rows(comparison));
        SimulationReport.bounds(comparison).ifPresent(line -> say(table, line));
        if (!comparison.applications().isEmpty()) {
          say(table, "Each application alone, under " + Simulation.OURS + ":");
          table.print(
              out, SimulationReport.APPLICATION_HEADER, SimulationReport.applications(comparison));
        }
        say(table, "");
      }
    }
    out.flush();
  }

  /** Words go beside a table on a terminal, and out of its way in a pipe. */
  private void say(Table table, String line) {
    PrintWriter to = table.terminal() ? spec.commandLine().getOut() : spec.commandLine().getErr();
    to.println(line);
    to.flush();
  }

  private void progress(String text) {
    spec.commandLine().getErr().println(text);
    spec.commandLine().getErr().flush();
  }

  private Trace read() {
    try {
      return TraceFile.read(trace);
    } catch (NoSuchFileException _) {
      throw refused("--trace: there is no file " + trace + ".");
    } catch (IOException e) {
      throw refused("--trace: " + trace + " cannot be read: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw refused("--trace: " + e.getMessage());
    }
  }

  private Objective goal(SimulatedServer server) {
    if (objective == null) {
      return server.objective();
    }
    return Objective.of(objective)
        .orElseThrow(
            () -> refused("--objective is \"" + objective + "\"; give cost, speed or balanced."));
  }

  private List<Feedback> feedbacks() {
    if (feedback == null) {
      return Arrays.asList(Feedback.values());
    }
    Optional<Feedback> named = Feedback.of(feedback);
    return List.of(
        named.orElseThrow(
            () -> refused("--feedback is \"" + feedback + "\"; give instant or workflow.")));
  }

  private void checkPolicies(Simulation simulation) {
    for (String policy : policies) {
      if (!simulation.policies().contains(policy)) {
        throw refused(
            "--policy: there is no policy \""
                + policy
                + "\". There are "
                + simulation.policies().stream()
                    .map(p -> '"' + p + '"')
                    .collect(Collectors.joining(", "))
                + ".");
      }
    }
  }

  private static void refuseUnless(boolean right, String sentence) {
    if (!right) {
      throw refused(sentence);
    }
  }

  private static CommandFailure refused(String sentence) {
    return new CommandFailure(CommandFailure.REFUSED, sentence);
  }
}
