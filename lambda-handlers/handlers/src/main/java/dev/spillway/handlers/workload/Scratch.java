package dev.spillway.handlers.workload;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/**
 * A folder for one call's scratch files, gone when the call ends, however it ends.
 *
 * <p>It is made under {@code TMPDIR} or, without one, {@code java.io.tmpdir} ({@code /tmp}): a
 * function's ephemeral storage, a job's disk.
 */
public final class Scratch implements AutoCloseable {
  private final Path folder;

  public Scratch(String purpose) throws IOException {
    String root = System.getenv("TMPDIR");
    Path parent =
        Path.of(root == null || root.isBlank() ? System.getProperty("java.io.tmpdir") : root);
    folder = Files.createTempDirectory(parent, purpose + "-");
  }

  /** A path in the folder; nothing is made. */
  public Path file(String name) {
    return folder.resolve(name);
  }

  @Override
  public void close() throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
