package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.HostFacts;
import dev.spillway.dispatch.config.Setting;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags that are settings. A flag that is absent leaves the setting to its other sources. */
final class ConfigurationOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings; else spillway.yaml of the working directory.")
  Path file;

  @Option(names = "--data", paramLabel = "DIR", description = "Data folder (data.dir).")
  String data;

  @Option(names = "--port", paramLabel = "PORT", description = "Port of the API, 0: a free one.")
  String port;

  @Option(names = "--s3-port", paramLabel = "PORT", description = "Port of S3, 0: a free one.")
  String s3Port;

  @Option(names = "--template", paramLabel = "FILE", description = "SAM template to apply.")
  String template;

  @Option(
      names = "--backend",
      paramLabel = "WHERE",
      description = "embedded: tasks run here; aws: in AWS Lambda and Batch.")
  String backend;

  @Option(names = "--runner", paramLabel = "KIND", description = "docker, process or auto.")
  String runner;

  /** Where a file is looked for and whose environment counts. */
  Configuration.Host host = HostFacts.read();

  Configuration load() {
    Map<Setting, String> flags = new EnumMap<>(Setting.class);
    put(flags, Setting.DATA_DIR, data);
    put(flags, Setting.SERVER_PORT, port);
    put(flags, Setting.SERVER_S3_PORT, s3Port);
    put(flags, Setting.TEMPLATE, template);
    put(flags, Setting.RUNNER, runner);
    put(flags, Setting.BACKEND, backend);
    return Configuration.load(Optional.ofNullable(file), flags, host);
  }

  private static void put(Map<Setting, String> flags, Setting setting, String value) {
    if (value != null) {
      flags.put(setting, value);
    }
  }
}
