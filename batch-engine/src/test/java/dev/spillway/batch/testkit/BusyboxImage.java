package dev.spillway.batch.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A container image made offline from Debian's {@code busybox-static}: nothing is pulled. Its only
 * program is {@code /bin/busybox}.
 */
public final class BusyboxImage {
  /** What it is called on the engine. */
  public static final String NAME = "spillway-test/busybox:1.35";

  private static final Path BUSYBOX = Path.of("/bin/busybox");

  private BusyboxImage() {}

  /** Imports it, once for all tests: the same content has the same id. */
  public static synchronized void ensure() {
    try {
      if (run("docker", "image", "inspect", NAME) == 0) {
        return;
      }
      if (!Files.exists(BUSYBOX)) {
        throw new IllegalStateException("no " + BUSYBOX + "; install the package busybox-static");
      }
      Path root = Files.createTempDirectory("busybox-image");
      try {
        Files.createDirectories(root.resolve("bin"));
        Files.createDirectories(root.resolve("tmp"));
        Files.copy(BUSYBOX, root.resolve("bin/busybox"), StandardCopyOption.COPY_ATTRIBUTES);
        String pack = "tar -C '" + root + "' -c . | docker import - " + NAME;
        if (run("sh", "-c", pack) != 0) {
          throw new IllegalStateException("failed: " + pack);
        }
      } finally {
        delete(root);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static int run(String... command) throws IOException {
    try {
      return new ProcessBuilder(command)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
