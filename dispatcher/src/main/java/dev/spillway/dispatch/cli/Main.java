package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.config.ConfigurationException;
import dev.spillway.dispatch.stack.TemplateException;
import dev.spillway.dispatch.wiring.DataFolder;
import java.io.PrintWriter;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Exit codes: 0 done, 1 a task failed, 2 refused, 3 to 6 see the manual. */
@Command(
    name = "spillway",
    description = "Puts each task where it finishes cheapest, and falls back by itself.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      ServeCommand.class,
      RunCommand.class,
      SubmitCommand.class,
      PlanCommand.class,
      StatusCommand.class,
      ExplainCommand.class,
      LogsCommand.class,
      CancelCommand.class,
      RerunCommand.class,
      InvokeCommand.class,
      WorkloadsCommand.class,
      HostsCommand.class,
      SpotCommand.class,
      LedgerCommand.class,
      SimulateCommand.class,
      ImageCommand.class,
      ConfigCommand.class,
      TrainCommand.class
    },
    footer = {
      "",
      "Exit codes: 0 done, 1 a task failed, 2 refused input, 3 server not reachable,",
      "4 not found, 5 not authorised, 6 --timeout ran out, 130 Ctrl-C."
    })
public final class Main {

  private Main() {}

  /** Version of this build, as in its jar. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"spillway " + (version == null ? "development build" : version)};
    }
  }

  public static void main(String[] args) {
    int exitCode = run(args);
    System.out.flush();
    System.exit(exitCode);
  }

  /** Runs one command and returns its exit code. */
  static int run(String... args) {
    return commandLine().execute(args);
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.registerConverter(Duration.class, new AssumptionOptions.Span());
    line.setExecutionExceptionHandler((e, command, _) -> failed(e, command.getErr()));
    line.setParameterExceptionHandler(
        (e, _) -> {
          CommandLine command = e.getCommandLine();
          command.getErr().println("spillway: " + e.getMessage());
          command
              .getErr()
              .println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
          return CommandFailure.REFUSED;
        });
    return line;
  }

  private static int failed(Exception e, PrintWriter err) {
    return switch (e) {
      case CommandFailure failure -> say(err, failure.getMessage(), failure.exitCode());
      case ConfigurationException refused -> say(err, refused.getMessage(), CommandFailure.REFUSED);
      case TemplateException refused -> say(err, refused.getMessage(), CommandFailure.REFUSED);
      case DataFolder.HeldException held -> say(err, held.getMessage(), CommandFailure.REFUSED);
      default -> {
        err.println("spillway: this should not have happened, please report it:");
        e.printStackTrace(err);
        err.flush();
        yield CommandFailure.FAILED;
      }
    };
  }

  private static int say(PrintWriter err, String sentence, int exitCode) {
    err.println("spillway: " + sentence);
    err.flush();
    return exitCode;
  }
}
