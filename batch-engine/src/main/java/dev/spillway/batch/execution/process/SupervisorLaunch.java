package dev.spillway.batch.execution.process;

import dev.spillway.batch.execution.process.SupervisorClient.Options;
import dev.spillway.batch.execution.process.supervisor.SupervisorMain;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** How a supervisor is started: a JVM like this one, with this module alone on its class path. */
final class SupervisorLaunch {
  /** Folders of the data folder that jobs and workers run in or from. */
  private static final List<String> JOBS_FOLDERS = List.of("work", "functions", "images");

  /** Of util-linux 2.36 or newer. */
  static final List<String> USER_NAMESPACE =
      List.of("unshare", "--user", "--map-current-user", "--keep-caps");

  private static final Optional<String> ROOT = Optional.of("root");

  private final Path folder;
  private final Options options;

  SupervisorLaunch(Path folder, Options options) {
    this.folder = folder;
    this.options = options;
  }

  /** In a session of its own and with nothing of ours: neither a signal nor our end reaches it. */
  Process start() throws IOException {
    var command = new ArrayList<>(ownUserNamespace());
    command.addAll(
        List.of(
            "setsid",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xms4m",
            "-Xmx64m",
            "-Xss512k",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            "-cp",
            classPath(),
            SupervisorMain.class.getName(),
            folder.toString(),
            "quietMillis=" + options.quiet().toMillis(),
            "sync=" + options.durableExits(),
            "user=" + options.user()));
    command.addAll(options.isolation().arguments());
    reach().forEach(path -> command.add("reach=" + path));
    var builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/local/bin:/usr/bin:/bin");
    File log = folder.resolve("supervisor.log").toFile();
    return builder
        .redirectInput(new File("/dev/null"))
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
        .redirectErrorStream(true)
        .start();
  }

  /**
   * Who is not root may mount in a user namespace of their own, where the host allows that. The
   * user stays who it is; what this adds, the forking threads give up again.
   */
  private List<String> ownUserNamespace() throws IOException {
    if (!options.isolation().privateTmp() || ProcessHandle.current().info().user().equals(ROOT)) {
      return List.of();
    }
    try {
      Process probe =
          new ProcessBuilder(Stream.concat(USER_NAMESPACE.stream(), Stream.of("true")).toList())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      boolean allowed = probe.waitFor(2, TimeUnit.SECONDS) && probe.exitValue() == 0;
      probe.destroyForcibly();
      return allowed ? USER_NAMESPACE : List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the supervisor started", e);
    } catch (IOException e) {
      return List.of(); // There is no such program.
    }
  }

  /** What jobs and workers are made of, and where they work. */
  private Set<Path> reach() throws IOException {
    Set<Path> reach = new LinkedHashSet<>(options.reach());
    for (String name : JOBS_FOLDERS) {
      reach.add(Files.createDirectories(folder.resolveSibling(name)));
    }
    reach.add(Path.of(System.getProperty("java.home")));
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(entry).toAbsolutePath();
      reach.add(Files.isDirectory(path) ? path : path.getParent());
    }
    return reach;
  }

  private static String classPath() {
    try {
      return Path.of(
              SupervisorMain.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The end of its log, for messages. */
  String lastWords() throws IOException {
    Path log = folder.resolve("supervisor.log");
    List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
    return lines.isEmpty() ? "none (" + log + ")" : lines.getLast();
  }
}
