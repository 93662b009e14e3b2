package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.HostFacts;
import dev.spillway.dispatch.config.Setting;
import dev.spillway.dispatch.wiring.DataFolder;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What every command that talks to a server takes. */
final class ClientOptions {
  @Option(
      names = "--server",
      paramLabel = "URL",
      description =
          "Server to talk to; else the one that uses the data folder, else the default port.")
  String server;

  @Option(names = "--config", paramLabel = "FILE", description = "Settings file.")
  Path config;

  @Option(names = "--json", description = "Print JSON as the server answers it.")
  boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print ids only.")
  boolean quiet;

  @Option(
      names = {"-v", "--verbose"},
      description = "Print more: where costs come from, and all routes of a plan.")
  boolean verbose;

  @Option(names = "--no-color", description = "No colours on a terminal.")
  boolean noColor;

  TaskApi api() {
    return new TaskApi(address());
  }

  URI address() {
    if (server != null) {
      try {
        URI url = URI.create(server.replaceAll("/+$", ""));
        if (url.getHost() != null && "http".equals(url.getScheme())) {
          return url;
        }
      } catch (IllegalArgumentException _) {
        // Said below, as for a URL without a host.
      }
      throw new CommandFailure(
          CommandFailure.REFUSED,
          "--server is \"" + server + "\"; give a URL, for example http://127.0.0.1:8080.");
    }
    Configuration settings =
        Configuration.load(Optional.ofNullable(config), Map.of(), HostFacts.read());
    return settings
        .path(Setting.DATA_DIR)
        .flatMap(DataFolder::holder)
        .filter(holder -> ProcessHandle.of(holder.pid()).isPresent())
        .map(holder -> URI.create(holder.url()))
        .orElseGet(
            () ->
                URI.create(
                    "http://"
                        + settings.text(Setting.SERVER_HOST)
                        + ":"
                        + settings.whole(Setting.SERVER_PORT)));
  }

  Table table() {
    return new Table(Terminal.isOne(), Terminal.coloured(noColor));
  }
}
