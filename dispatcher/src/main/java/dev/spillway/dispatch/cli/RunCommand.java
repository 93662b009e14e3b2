package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.Setting;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs an example: its input prepared, its tasks sent and watched, its output fetched. */
@Command(
    name = "run",
    description = "Run an example with real input; starts a server for it when none runs.",
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  private static final long LOOK_MILLIS = 300;
  private static final int EXPLAINED = 3;

  @Mixin ConfigurationOptions options;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "For example examples/thumbnails.")
  Path folder;

  @Option(names = "--server", paramLabel = "URL", description = "Server to use.")
  String server;

  @Option(names = "--no-color", description = "No colours on a terminal.")
  boolean noColor;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Example example = Example.read(folder);
    example.output().ifPresent(output -> checkWritable(output.to()));
    Configuration settings = options.load();
    System.err.println(example.title());
    try (RunServer found = find(settings)) {
      TaskApi api = new TaskApi(found.url());
      JsonNode health = api.get("/healthz");
      URI s3 = URI.create(health.path("s3").asText());
      String runner = health.path("runner").asText();
      System.err.printf(
          "server   %s: %s  s3 %s  runner %s%n", found.story(), found.url(), s3, runner);
      if (runner.startsWith("docker") && ImageCommand.build(ProcessBuilder.Redirect.DISCARD) != 0) {
        throw new CommandFailure(
            CommandFailure.FAILED,
            "The workloads' image could not be built; with --runner process none is needed.");
      }
      checkOpen(s3);
      new Bucket(s3, example.bucket()).make();
      JsonNode answer = api.post("/tasks", SubmitCommand.document(prepare(example, s3)));
      List<TaskView> ended;
      try (var _ = Detach.saying(comeBack(found, settings))) {
        ended = watch(api, SubmitCommand.tasks(answer));
      }
      report(example, s3, ended);
      explainFailures(api, ended);
      return ended.stream().allMatch(TaskView::succeeded) ? 0 : CommandFailure.FAILED;
    }
  }

  /** Before the work, not after it. */
  private static void checkWritable(Path output) {
    String problem = " cannot be written: ";
    try {
      Files.createDirectories(output);
      if (Files.isWritable(output)) {
        return;
      }
      problem += "permission denied";
    } catch (IOException e) {
      problem += e instanceof AccessDeniedException ? "permission denied" : e.getMessage();
    }
    throw new CommandFailure(
        CommandFailure.REFUSED,
        "The output folder "
            + output.toAbsolutePath()
            + problem
            + ". Run it in a folder of your own.");
  }

  /** Input and output of examples go unsigned, which only a Spillway's own S3 lets through. */
  private static void checkOpen(URI s3) {
    if (!s3.getScheme().equals("http")) {
      throw new CommandFailure(
          CommandFailure.REFUSED,
          "Examples put their input into S3 unsigned, and "
              + s3
              + " takes none. Point AWS_ENDPOINT_URL at another Spillway and AWS_ENDPOINT_URL_S3 at"
              + " its S3, or send tasks of your own with 'spillway submit'.");
    }
  }

  private String comeBack(RunServer found, Configuration settings) {
    if (found.ownedByRun()) {
      return "stopped, and with it the server of this run. Jobs that run go on; the tasks resume with"
          + " the next 'spillway serve' or 'spillway run' on the data folder "
          + settings.path(Setting.DATA_DIR).orElseThrow();
    }
    return "detached; the work goes on. Come back with: spillway status"
        + (server == null ? "" : " --server " + server);
  }

  private RunServer find(Configuration settings) {
    if (server == null) {
      return RunServer.findOrStart(settings, options);
    }
    ClientOptions client = new ClientOptions();
    client.server = server;
    return RunServer.at(client.address());
  }

  private byte[] prepare(Example example, URI s3) throws IOException, InterruptedException {
    Path work = Files.createTempDirectory("spillway-run");
    try {
      ProcessBuilder program =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  example.prepare(),
                  work.toString())
              .directory(example.folder().toFile())
              .redirectError(ProcessBuilder.Redirect.INHERIT);
      program.environment().put("SPILLWAY_S3_ENDPOINT", s3.toString());
      Process process = program.start();
      process.getOutputStream().close();
      byte[] document = process.getInputStream().readAllBytes();
      if (process.waitFor() != 0) {
        throw new CommandFailure(
            CommandFailure.FAILED,
            "%s ended with exit code %d; what it needs is said above."
                .formatted(example.folder().resolve(example.prepare()), process.exitValue()));
      }
      return document;
    } finally {
      delete(work);
    }
  }

  private List<TaskView> watch(TaskApi api, List<TaskView> submitted) throws InterruptedException {
    Map<String, TaskView> tasks = new LinkedHashMap<>();
    submitted.forEach(task -> tasks.put(task.id(), task));
    LiveTable live =
        new LiveTable(
            spec.commandLine().getOut(),
            new Table(Terminal.isOne(), Terminal.coloured(noColor)),
            Terminal::size);
    while (true) {
      live.show(List.copyOf(tasks.values()));
      if (tasks.values().stream().allMatch(TaskView::ended)) {
        return List.copyOf(tasks.values());
      }
      Thread.sleep(LOOK_MILLIS);
      tasks.replaceAll((id, task) -> task.ended() ? task : new TaskView(api.get("/tasks/" + id)));
    }
  }

  private void report(Example example, URI s3, List<TaskView> tasks) throws IOException {
    long succeeded = tasks.stream().filter(TaskView::succeeded).count();
    Map<String, Long> routes =
        tasks.stream()
            .filter(TaskView::succeeded)
            .collect(Collectors.groupingBy(TaskView::route, TreeMap::new, Collectors.counting()));
    StringBuilder line =
        new StringBuilder(
            "%d task%s: %d succeeded"
                .formatted(tasks.size(), tasks.size() == 1 ? "" : "s", succeeded));
    if (!routes.isEmpty()) {
      line.append(
          routes.entrySet().stream()
              .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
              .map(entry -> entry.getValue() + " " + entry.getKey())
              .collect(Collectors.joining(", ", " (", ")")));
    }
    if (succeeded < tasks.size()) {
      line.append(", ").append(tasks.size() - succeeded).append(" failed");
    }
    line.append(", ")
        .append(tasks.stream().filter(TaskView::fellBack).count())
        .append(" fell back.");
    TaskView.paid(tasks).ifPresent(paid -> line.append(" ").append(paid).append("."));
    if (example.output().isPresent()) {
      Example.Output output = example.output().get();
      List<Path> files = new Bucket(s3, output.bucket()).download(output.prefix(), output.to());
      line.append(" Output: ").append(output.to()).append(" (").append(kinds(files)).append(")");
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }

  /** {@code 24 JPEG, 24 JSON}. */
  private static String kinds(List<Path> files) {
    Map<String, Integer> kinds = new TreeMap<>();
    for (Path file : files) {
      String name = file.getFileName().toString();
      String ending =
          name.substring(name.lastIndexOf('.') + 1).toUpperCase(Locale.ROOT).replace("JPG", "JPEG");
      kinds.merge(ending, 1, Integer::sum);
    }
    return kinds.isEmpty()
        ? "no files"
        : kinds.entrySet().stream()
            .map(entry -> entry.getValue() + " " + entry.getKey())
            .collect(Collectors.joining(", "));
  }

  /** The server of a run may end with it, so the reasons are told now. */
  private static void explainFailures(TaskApi api, List<TaskView> tasks) {
    tasks.stream()
        .filter(task -> !task.succeeded())
        .limit(EXPLAINED)
        .forEach(
            task ->
                System.err.println(
                    "\n" + api.getText("/tasks/" + task.id() + "/explain").stripTrailing()));
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
