package dev.spillway.dispatch.wiring;

import dev.spillway.batch.BatchSettings.ProcessImage;
import dev.spillway.dispatch.config.Rule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * The process runner's stand-in for the image {@code spillway/workloads}: the handlers, unpacked
 * into the data folder where the user that jobs run as can read them, and the JDK of this server.
 */
final class WorkloadsImage {
  static final String NAME = "spillway/workloads";
  private static final String MAIN = "dev.spillway.handlers.workload.BatchMain";

  private WorkloadsImage() {}

  /** The images that the process runner may run, the built-in one with its entry point. */
  static List<ProcessImage> processImages(
      List<Rule.Images.Image> images, AppHome home, Path dataFolder) {
    List<ProcessImage> all = new ArrayList<>();
    for (Rule.Images.Image image : images) {
      boolean builtIn =
          image.entryPoint().isEmpty()
              && (image.name().equals(NAME) || image.name().startsWith(NAME + ":"));
      if (!builtIn) {
        all.add(new ProcessImage(image.name(), image.entryPoint()));
      } else if (Files.isRegularFile(home.functionsZip())) {
        all.add(new ProcessImage(image.name(), entryPoint(unpack(home, dataFolder))));
      }
    }
    return all;
  }

  private static List<String> entryPoint(Path code) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        code + ":" + code.resolve("lib") + "/*",
        MAIN);
  }

  /**
   * A folder for each build of the archive, so that running jobs keep the code they started with.
   */
  private static Path unpack(AppHome home, Path dataFolder) {
    Path zip = home.functionsZip();
    try {
      Path folders = dataFolder.resolve("images");
      Path target =
          folders.resolve(
              "workloads-%x-%x"
                  .formatted(Files.size(zip), Files.getLastModifiedTime(zip).toMillis()));
      if (Files.isDirectory(target)) {
        return target;
      }
      Files.createDirectories(folders);
      Path draft = folders.resolve(target.getFileName() + ".draft");
      delete(draft);
      unzip(zip, draft);
      Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
      return target;
    } catch (IOException e) {
      throw new UncheckedIOException(zip + " cannot be unpacked", e);
    }
  }

  private static void unzip(Path zip, Path target) throws IOException {
    try (InputStream in = Files.newInputStream(zip);
        ZipInputStream entries = new ZipInputStream(in)) {
      for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
        Path file = target.resolve(entry.getName()).normalize();
        if (!file.startsWith(target)) {
          throw new IOException("entry " + entry.getName() + " leads out of the archive");
        }
        if (entry.isDirectory()) {
          Files.createDirectories(file);
        } else {
          Files.createDirectories(file.getParent());
          Files.copy(entries, file);
        }
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
