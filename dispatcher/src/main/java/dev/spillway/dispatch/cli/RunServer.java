package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.Setting;
import dev.spillway.dispatch.wiring.AppHome;
import dev.spillway.dispatch.wiring.DataFolder;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The server of a run: one that runs already, or a child that ends with the run. */
final class RunServer implements AutoCloseable {
  private static final Pattern READY =
      Pattern.compile("spillway ready in ([0-9.]+ s): (http://\\S+)  s3 .*");
  private static final int STOP_SECONDS = 20;

  private final URI url;
  private final String story;
  private final Optional<Process> child;

  private RunServer(URI url, String story, Optional<Process> child) {
    this.url = url;
    this.story = story;
    this.child = child;
  }

  /** The server that uses the data folder or the default port; else a new one. */
  static RunServer findOrStart(Configuration settings, ConfigurationOptions options) {
    List<URI> candidates = new ArrayList<>();
    settings
        .path(Setting.DATA_DIR)
        .flatMap(DataFolder::holder)
        .filter(holder -> ProcessHandle.of(holder.pid()).isPresent())
        .ifPresent(holder -> candidates.add(URI.create(holder.url())));
    if (settings.whole(Setting.SERVER_PORT) != 0) {
      candidates.add(
          URI.create(
              "http://"
                  + settings.text(Setting.SERVER_HOST)
                  + ":"
                  + settings.whole(Setting.SERVER_PORT)));
    }
    for (URI candidate : candidates) {
      if (answersFor(candidate, settings.text(Setting.BACKEND))) {
        return new RunServer(candidate, "already running", Optional.empty());
      }
    }
    return start(settings, options);
  }

  /** A server of the other backend is not the one that was asked for. */
  private static boolean answersFor(URI candidate, String backend) {
    TaskApi api = new TaskApi(candidate);
    return api.answers() && api.get("/healthz").path("backend").asText().equals(backend);
  }

  static RunServer at(URI url) {
    return new RunServer(url, "already running", Optional.empty());
  }

  private static RunServer start(Configuration settings, ConfigurationOptions options) {
    AppHome home = AppHome.find();
    Path log = settings.path(Setting.DATA_DIR).orElseThrow().resolve("run-server.log");
    Process process;
    try {
      Files.createDirectories(log.getParent());
      process =
          new ProcessBuilder(command(home, settings, options)).redirectError(log.toFile()).start();
    } catch (IOException e) {
      throw new CommandFailure(
          CommandFailure.FAILED, "A server cannot be started: " + e.getMessage() + ".");
    }
    // Also on Ctrl-C: what this run started ends with it.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
    try {
      var out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      String line = out.readLine();
      Matcher ready = READY.matcher(line == null ? "" : line);
      if (ready.matches()) {
        return new RunServer(
            URI.create(ready.group(2)),
            "started for this run, ready in " + ready.group(1),
            Optional.of(process));
      }
      process.waitFor();
      throw new CommandFailure(
          CommandFailure.FAILED,
          "The server for this run did not start:\n" + Files.readString(log).strip());
    } catch (IOException e) {
      throw new CommandFailure(
          CommandFailure.FAILED, "The server for this run broke: " + e.getMessage() + ".");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(130, "Interrupted.");
    }
  }

  private static List<String> command(
      AppHome home, Configuration settings, ConfigurationOptions options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Xlog:disable",
            "-Xlog:all=error:stderr"));
    startUpCache().ifPresent(cache -> command.add("-XX:AOTCache=" + cache));
    command.addAll(
        List.of(
            "-Dspillway.home=" + home.root(),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "serve"));
    if (options.file != null) {
      command.addAll(List.of("--config", options.file.toString()));
    }
    if (options.backend != null) {
      command.addAll(List.of("--backend", options.backend));
    }
    if (options.runner != null) {
      command.addAll(List.of("--runner", options.runner));
    }
    command.addAll(
        List.of(
            "--data",
            settings.path(Setting.DATA_DIR).orElseThrow().toString(),
            "--template",
            settings.path(Setting.TEMPLATE).orElseGet(home::template).toString(),
            "--port",
            port(settings, Setting.SERVER_PORT),
            "--s3-port",
            port(settings, Setting.SERVER_S3_PORT)));
    return command;
  }

  /** The launcher's, beside the jars that it was made from; an empty one is none. */
  private static Optional<Path> startUpCache() {
    Path firstJar = Path.of(System.getProperty("java.class.path").split(File.pathSeparator)[0]);
    return Optional.of(firstJar.resolveSibling("spillway.aot"))
        .filter(cache -> cache.toFile().length() > 0);
  }

  /** The configured port when it is free: another program there must not stop a run. */
  private static String port(Configuration settings, Setting setting) {
    int port = settings.whole(setting);
    try (var probe =
        new ServerSocket(port, 1, InetAddress.getByName(settings.text(Setting.SERVER_HOST)))) {
      return String.valueOf(probe.isBound() ? port : 0);
    } catch (IOException _) {
      return "0";
    }
  }

  URI url() {
    return url;
  }

  /** Whether it ends with this run. */
  boolean ownedByRun() {
    return child.isPresent();
  }

  /** {@code already running}, or how it was started. */
  String story() {
    return story;
  }

  @Override
  public void close() {
    child.ifPresent(
        process -> {
          process.destroy();
          try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
              process.destroyForcibly();
            }
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
          }
        });
  }
}
