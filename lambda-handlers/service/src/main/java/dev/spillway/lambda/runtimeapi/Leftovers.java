package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.LambdaSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What environments leave behind: scratch folders of an earlier server, and logs that nobody wrote
 * to for {@link LambdaSettings#logRetention()}.
 */
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);
  private static final Duration DAILY = Duration.ofDays(1);

  private final LambdaSettings settings;
  private final Surroundings surroundings;

  Leftovers(LambdaSettings settings, Surroundings surroundings) {
    this.settings = settings;
    this.surroundings = surroundings;
  }

  /** Now, and once a day. */
  void removeOldLogsDaily() {
    removeOldLogs();
    surroundings.after(DAILY, this::removeOldLogsDaily);
  }

  private void removeOldLogs() {
    Path logs = settings.dataDirectory().resolve("logs/functions");
    Instant oldest = surroundings.clock().instant().minus(settings.logRetention());
    int removed = 0;
    try {
      for (Path entry : deepestFirst(logs)) {
        if (Files.isRegularFile(entry)
            && Files.getLastModifiedTime(entry).toInstant().isBefore(oldest)) {
          Files.delete(entry);
          removed++;
        } else if (Files.isDirectory(entry) && isEmpty(entry)) {
          Files.deleteIfExists(entry);
        }
      }
    } catch (IOException e) {
      LOG.warn("old logs below {} could not be removed: {}", logs, e.toString());
    }
    if (removed > 0) {
      LOG.info("removed {} function logs older than {}", removed, settings.logRetention());
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    }
  }

  /** The scratch folders of environments that an earlier server did not live to clean up. */
  static void removeScratch(Path dataDirectory) {
    Path functions = dataDirectory.resolve("functions");
    if (!Files.isDirectory(functions)) {
      return;
    }
    try (Stream<Path> homes = Files.list(functions)) {
      for (Path home : homes.toList()) {
        deleteTree(home.resolve("tmp"));
      }
    } catch (IOException e) {
      LOG.warn("scratch folders below {} could not be removed: {}", functions, e.toString());
    }
  }

  static void deleteTree(Path root) throws IOException {
    for (Path entry : deepestFirst(root)) {
      Files.deleteIfExists(entry);
    }
  }

  private static List<Path> deepestFirst(Path root) throws IOException {
    if (!Files.exists(root)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.walk(root)) {
      return entries.sorted(Comparator.reverseOrder()).toList();
    }
  }
}
