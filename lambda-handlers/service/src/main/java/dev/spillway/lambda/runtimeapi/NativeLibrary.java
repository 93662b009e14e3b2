package dev.spillway.lambda.runtimeapi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The runtime interface client's native part, unpacked once.
 *
 * <p>Left to itself each worker unpacks it over the same fixed file in /tmp, under the feet of
 * workers that have it loaded or are loading it. A system property of the client names another
 * file.
 */
final class NativeLibrary {
  private static final String PROPERTY =
      "-Dcom.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI=";

  private final Optional<Path> file;

  private NativeLibrary(Optional<Path> file) {
    this.file = file;
  }

  /** Unpacks into {@code folder}; without a client that carries one there is none. */
  static NativeLibrary unpack(List<Path> clientJars, Path folder) {
    String architecture = System.getProperty("os.arch").equals("aarch64") ? "aarch_64" : "x86_64";
    boolean musl =
        Files.exists(Path.of("/lib/ld-musl-x86_64.so.1"))
            || Files.exists(Path.of("/lib/ld-musl-aarch64.so.1"));
    String name = "libaws-lambda-jni." + (musl ? "linux_musl-" : "linux-") + architecture + ".so";
    for (Path jar : clientJars) {
      try (ZipFile zip = new ZipFile(jar.toFile())) {
        ZipEntry entry = zip.getEntry("jni/" + name);
        if (entry != null) {
          return new NativeLibrary(Optional.of(unpack(zip, entry, folder.resolve(name))));
        }
      } catch (IOException e) {
        throw new UncheckedIOException("runtime interface client " + jar, e);
      }
    }
    return new NativeLibrary(Optional.empty());
  }

  private static Path unpack(ZipFile zip, ZipEntry entry, Path target) throws IOException {
    var all = PosixFilePermissions.fromString("rwxr-xr-x");
    Files.createDirectories(target.getParent());
    Files.setPosixFilePermissions(target.getParent(), all);
    Path temporary = target.resolveSibling("." + UUID.randomUUID());
    try (InputStream in = zip.getInputStream(entry)) {
      Files.copy(in, temporary);
    }
    Files.setPosixFilePermissions(temporary, all);
    // A rename: a worker of an earlier server keeps the file that it has loaded.
    return Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
  }

  Optional<String> option() {
    return file.map(path -> PROPERTY + path);
  }
}
