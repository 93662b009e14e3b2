package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.Setting;
import dev.spillway.dispatch.stack.Stack;
import dev.spillway.dispatch.stack.StackReader;
import dev.spillway.dispatch.stack.Template;
import dev.spillway.dispatch.wiring.AppHome;
import dev.spillway.dispatch.wiring.DataFolder;
import dev.spillway.dispatch.wiring.Logging;
import dev.spillway.dispatch.wiring.ModuleSettings;
import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.invoke.OneShotInvoke;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** One function of the template, once, without a server, as {@code sam local invoke} does. */
@Command(
    name = "invoke",
    description = "Run one function of the template once; only its result goes to standard output.",
    mixinStandardHelpOptions = true)
final class InvokeCommand implements Callable<Integer> {
  private static final Duration INIT_LIMIT = Duration.ofSeconds(10);

  @Mixin ConfigurationOptions options;

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "FUNCTION",
      arity = "0..1",
      description = "Logical id in the template; needless when it has one function only.")
  String logicalId;

  @Option(
      names = {"-e", "--event"},
      paramLabel = "FILE",
      description = "JSON event; - reads standard input, none is {}.")
  String event;

  @Override
  public Integer call() throws IOException {
    Logging.warningsOnly(); // What the function writes stands alone, as with sam.
    Configuration settings = options.load();
    AppHome home = AppHome.find();
    Path template =
        settings
            .path(Setting.TEMPLATE)
            .orElseGet(
                () -> {
                  Path here = Path.of("sam-template.yaml").toAbsolutePath();
                  return Files.isRegularFile(here) ? here : home.template();
                });
    Stack.Function function = find(template, settings);
    Path folder = Files.createTempDirectory("spillway-invoke");
    // Workers of a command that root runs are nobody's; they must be able to enter.
    folder.toFile().setExecutable(true, false);
    try {
      FunctionService.Result result =
          new OneShotInvoke(
                  new ModuleSettings(settings, folder, home)
                      .lambda(INIT_LIMIT)
                      .withRuntimes(
                          settings.path(Setting.DATA_DIR).orElseThrow().resolve("runtimes")),
                  _ -> surroundings(settings),
                  System.err)
              .run(function.configuration(), event());
      spec.commandLine().getOut().println(new String(result.payload(), StandardCharsets.UTF_8));
      spec.commandLine().getOut().flush();
      return result.functionError().isPresent() ? CommandFailure.FAILED : 0;
    } catch (LambdaException e) {
      throw new CommandFailure(
          CommandFailure.REFUSED, logicalId + ": " + e.errorType() + ": " + e.getMessage());
    } finally {
      delete(folder);
    }
  }

  private Stack.Function find(Path template, Configuration settings) {
    Stack stack =
        StackReader.read(
            Template.read(
                template,
                Map.of(),
                new Template.Place(settings.text(Setting.REGION), settings.text(Setting.ACCOUNT))));
    String known =
        String.join(", ", stack.functions().stream().map(Stack.Function::logicalId).toList());
    if (logicalId == null) {
      if (stack.functions().size() != 1) {
        throw new CommandFailure(
            CommandFailure.REFUSED, "%s has %s; name one of them.".formatted(template, known));
      }
      logicalId = stack.functions().getFirst().logicalId();
    }
    return stack.functions().stream()
        .filter(function -> function.logicalId().equals(logicalId))
        .findFirst()
        .orElseThrow(
            () ->
                new CommandFailure(
                    CommandFailure.NOT_FOUND,
                    "%s has no function with the logical id %s; it has %s."
                        .formatted(template, logicalId, known)));
  }

  /** A function that reads S3 finds the server that uses the data folder, when one runs. */
  private static Map<String, String> surroundings(Configuration settings) {
    Map<String, String> variables = new LinkedHashMap<>();
    // By which code knows that `sam local invoke` runs it, or this command in its place.
    variables.put("AWS_SAM_LOCAL", "true");
    settings
        .path(Setting.DATA_DIR)
        .flatMap(DataFolder::holder)
        .filter(holder -> ProcessHandle.of(holder.pid()).isPresent())
        .ifPresent(
            holder -> {
              variables.put("AWS_ENDPOINT_URL", holder.s3());
              variables.put("AWS_ENDPOINT_URL_S3", holder.s3());
            });
    return variables;
  }

  private byte[] event() {
    try {
      if (event == null) {
        return "{}".getBytes(StandardCharsets.UTF_8);
      }
      return event.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(event));
    } catch (IOException _) {
      throw new CommandFailure(
          CommandFailure.REFUSED, "The event file " + event + " cannot be read.");
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
