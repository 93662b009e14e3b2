package dev.spillway.dispatch.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * An example folder: {@code example.yaml} says what it shows, which program prepares its input and
 * prints its tasks, and where its output goes.
 *
 * @param prepare Java source file; gets a work folder, prints {@code {"tasks": [...]}}
 * @param bucket made before
 */
record Example(Path folder, String title, String prepare, String bucket, Optional<Output> output) {
  private static final String FILE = "example.yaml";

  /**
   * What to fetch at the end.
   *
   * @param prefix of the keys; the rest of a key is the path below {@code to}
   * @param to relative to the working directory
   */
  record Output(String bucket, String prefix, Path to) {}

  static Example read(Path folder) {
    Path file = folder.resolve(FILE);
    Map<?, ?> map;
    try {
      Object document =
          new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file));
      if (!(document instanceof Map<?, ?> found)) {
        throw refused(file, "it must hold title, prepare and bucket");
      }
      map = found;
    } catch (IOException _) {
      throw refused(file, "it cannot be read; an example is a folder with that file");
    } catch (YAMLException e) {
      throw refused(file, e.getMessage().strip());
    }
    for (Object key : map.keySet()) {
      if (!Set.of("title", "prepare", "bucket", "output").contains(String.valueOf(key))) {
        throw refused(
            file, "\"" + key + "\" is not known; known are title, prepare, bucket, output");
      }
    }
    return new Example(
        folder,
        text(file, map, "title"),
        text(file, map, "prepare"),
        text(file, map, "bucket"),
        Optional.ofNullable(map.get("output")).map(output -> output(file, output)));
  }

  private static Output output(Path file, Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      throw refused(file, "output must be {from: s3://BUCKET/PREFIX/, to: FOLDER}");
    }
    String from = text(file, map, "from");
    if (!from.matches("s3://[^/]+/.*")) {
      throw refused(file, "output.from is \"" + from + "\"; it must be s3://BUCKET/PREFIX/");
    }
    String place = from.substring("s3://".length());
    int slash = place.indexOf('/');
    return new Output(
        place.substring(0, slash), place.substring(slash + 1), Path.of(text(file, map, "to")));
  }

  private static String text(Path file, Map<?, ?> map, String key) {
    Object value = map.get(key);
    if (value == null || String.valueOf(value).isBlank()) {
      throw refused(file, key + " is missing");
    }
    return String.valueOf(value);
  }

  private static CommandFailure refused(Path file, String reason) {
    return new CommandFailure(CommandFailure.REFUSED, file + ": " + reason + ".");
  }
}
