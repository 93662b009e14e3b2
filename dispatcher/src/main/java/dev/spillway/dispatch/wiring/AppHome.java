package dev.spillway.dispatch.wiring;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The folder that Spillway was built in: the launcher names it, tests find it above them. */
public record AppHome(Path root) {

  /**
   * Finds it.
   *
   * @throws IllegalStateException when this is neither run by the launcher nor inside the project
   */
  public static AppHome find() {
    String named = System.getProperty("spillway.home");
    if (named != null) {
      return new AppHome(Path.of(named));
    }
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.isDirectory(folder.resolve("lambda-handlers/handlers"))) {
        return new AppHome(folder);
      }
    }
    throw new IllegalStateException("Start Spillway with its launcher, ./spillway.");
  }

  /** Jars of the runtime interface client that managed Java functions run on. */
  public List<Path> runtimeInterfaceClient() {
    Path folder = root.resolve("dispatcher/target/app/ric");
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var jars = Files.list(folder)) {
      return jars.filter(jar -> jar.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be listed", e);
    }
  }

  /** The archive that the template's functions name as their code. */
  public Path functionsZip() {
    return root.resolve("lambda-handlers/handlers/target/functions.zip");
  }

  /** The script that builds the workloads' image. */
  public Path imageScript() {
    return root.resolve("lambda-handlers/handlers/src/main/image/build-image.sh");
  }

  /** The repository's own template. */
  public Path template() {
    return root.resolve("sam-template.yaml");
  }
}
