package dev.spillway.dispatch.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code spillway serve} in a JVM of its own, so that it can be killed. */
public final class LiveServer implements AutoCloseable {
  private static final int SIGINT = 2;
  private static final Pattern READY =
      Pattern.compile(".*ready in .*?(http://\\S+?:\\d+).*?s3 (http://\\S+?:\\d+).*");

  private final Process process;
  private final URI url;
  private final URI s3;
  private final String readyLine;

  private LiveServer(Process process, URI url, URI s3, String readyLine) {
    this.process = process;
    this.url = url;
    this.s3 = s3;
    this.readyLine = readyLine;
  }

  /** The command of a server on free ports. */
  static List<String> command(Path data, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                "dev.spillway.dispatch.cli.Main",
                "serve",
                "--port",
                "0",
                "--s3-port",
                "0",
                "--data",
                data.toString()));
    command.addAll(List.of(options));
    return command;
  }

  /**
   * What a shell without job control starts in the background ignores SIGINT, and so do its
   * children: the server must hear it, wherever the tests run.
   */
  private static List<String> hearingSigint(List<String> command) throws IOException {
    long ignored =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
            .findFirst()
            .orElse(0);
    if ((ignored >> (SIGINT - 1) & 1) == 0) {
      return command;
    }
    List<String> reset = new ArrayList<>(List.of("env", "--default-signal=INT"));
    reset.addAll(command);
    return reset;
  }

  /** Starts a server on free ports and waits for its ready line. */
  public static LiveServer start(Path data, String... options) {
    return start(Map.of(), data, options);
  }

  /** The same with these environment variables. */
  public static LiveServer start(Map<String, String> environment, Path data, String... options) {
    try {
      ProcessBuilder program =
          new ProcessBuilder(hearingSigint(command(data, options))).redirectErrorStream(true);
      program.environment().putAll(environment);
      Process process = program.start();
      var out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      var said = new StringBuffer();
      CompletableFuture<String> ready = new CompletableFuture<>();
      Thread.ofVirtual().start(() -> follow(out, said, ready));
      String line = ready.get(60, TimeUnit.SECONDS);
      Matcher urls = READY.matcher(line);
      if (!urls.matches()) {
        process.destroyForcibly();
        throw new IllegalStateException("not ready; it said:\n" + said);
      }
      return new LiveServer(process, URI.create(urls.group(1)), URI.create(urls.group(2)), line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      throw new IllegalStateException("no ready line within 60 s", e);
    }
  }

  private static void follow(
      BufferedReader out, StringBuffer said, CompletableFuture<String> ready) {
    try {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        said.append(line).append('\n');
        System.out.println("[server] " + line);
        if (READY.matcher(line).matches()) {
          ready.complete(line);
        }
      }
    } catch (IOException e) {
      said.append(e).append('\n');
    }
    ready.complete("");
  }

  public URI url() {
    return url;
  }

  public URI s3() {
    return s3;
  }

  public String readyLine() {
    return readyLine;
  }

  public long pid() {
    return process.pid();
  }

  /** SIGKILL: no shutdown hook runs. */
  public void kill9() {
    process.destroyForcibly();
    await(Duration.ofSeconds(10));
  }

  /** SIGTERM; returns the exit code. */
  public int terminate() {
    process.destroy();
    await(Duration.ofSeconds(30));
    return process.exitValue();
  }

  /** SIGINT, as Ctrl-C sends it; returns the exit code. */
  public int interrupt() {
    try {
      new ProcessBuilder("sh", "-c", "kill -INT " + process.pid()).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    await(Duration.ofSeconds(30));
    return process.exitValue();
  }

  private void await(Duration limit) {
    try {
      if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("the server did not end within " + limit);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      terminate();
    }
  }
}
