package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.function.Runtimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runtime interface clients of languages other than Java, as they are found on this host: in {@code
 * runtimes/} of the data folder, else wherever the host's interpreter looks.
 *
 * <p>What was found is found once; what was not is looked for again at the next call, so that
 * nobody restarts a server to install a client. The interpreter is the host's, {@code python3.12}
 * for that runtime when there is one, else {@code python3}. Source: PyPI awslambdaric, npm
 * aws-lambda-ric.
 */
public final class RuntimeClients implements Runtimes {
  /** What a worker finds programs in. */
  static final String PATH = "/usr/local/bin:/usr/bin:/bin:/opt/bin";

  private static final long PROBE_SECONDS = 20;

  private final Path folder;
  private final Map<String, List<String>> found = new java.util.concurrent.ConcurrentHashMap<>();

  /**
   * With clients in this folder.
   *
   * @param folder {@code python/} and {@code node_modules/} below it
   */
  public RuntimeClients(Path folder) {
    this.folder = folder;
  }

  private Path python() {
    return folder.resolve("python");
  }

  private Path node() {
    return folder.resolve("node_modules");
  }

  @Override
  public Optional<String> obstacle(String runtime) {
    if (runtime.startsWith("python")) {
      return launcher(runtime).isPresent()
          ? Optional.empty()
          : Optional.of(
              "Python's runtime interface client is not on this host. Install it: python3 -m pip"
                  + " install --target "
                  + python()
                  + " awslambdaric");
    }
    if (runtime.startsWith("nodejs")) {
      return launcher(runtime).isPresent()
          ? Optional.empty()
          : Optional.of(
              "Node's runtime interface client is not on this host. Install it: npm install"
                  + " --prefix "
                  + folder
                  + " aws-lambda-ric");
    }
    return Optional.empty();
  }

  /** The command of a worker; only for runtimes without {@link #obstacle}. */
  List<String> command(String runtime, String handler) {
    List<String> launcher =
        launcher(runtime)
            .orElseThrow(() -> new IllegalStateException("no client for runtime " + runtime));
    return Stream.concat(launcher.stream(), Stream.of(handler)).toList();
  }

  /** So that the interpreter finds the client, after the function's own code. */
  Map<String, String> variables(String runtime, Path taskRoot) {
    if (runtime.startsWith("python")) {
      return Map.of("PYTHONPATH", taskRoot + ":" + python(), "PYTHONUNBUFFERED", "1");
    }
    return runtime.startsWith("nodejs") ? Map.of("NODE_PATH", node().toString()) : Map.of();
  }

  private Optional<List<String>> launcher(String runtime) {
    List<String> known = found.get(runtime);
    if (known == null) {
      known = runtime.startsWith("python") ? python(runtime) : node(runtime);
      if (known.isEmpty()) {
        return Optional.empty();
      }
      found.put(runtime, known);
    }
    return Optional.of(known);
  }

  private List<String> python(String runtime) {
    Optional<Path> interpreter = program(runtime).or(() -> program("python3"));
    return interpreter
        .filter(
            python -> succeeds(List.of(python.toString(), "-c", "import awslambdaric"), runtime))
        .map(python -> List.of(python.toString(), "-m", "awslambdaric"))
        .orElse(List.of());
  }

  private List<String> node(String runtime) {
    Optional<Path> interpreter = program("node").or(() -> program("nodejs"));
    Path own = node().resolve("aws-lambda-ric/bin/index.mjs");
    if (interpreter.isPresent() && Files.isReadable(own)) {
      return List.of(interpreter.get().toString(), own.toString());
    }
    return program("aws-lambda-ric").map(client -> List.of(client.toString())).orElse(List.of());
  }

  private static Optional<Path> program(String name) {
    return Stream.of(PATH.split(":"))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private boolean succeeds(List<String> command, String runtime) {
    ProcessBuilder probe =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    probe.environment().clear();
    probe.environment().put("PATH", PATH);
    probe.environment().putAll(variables(runtime, folder));
    try {
      Process process = probe.start();
      try {
        return process.waitFor(PROBE_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
