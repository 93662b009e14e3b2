package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.function.Revision;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Class paths of a managed Java function.
 *
 * <p>Lambda's order is the task root, the jars below {@code lib/}, the runtime interface client. A
 * JDK AOT cache knows jars only, so for it the root's classes stand in a jar of their own beside
 * the task root, {@code <hash>.jar}; the root itself comes last, and resources are still files.
 */
final class ClassPath {
  private final Revision revision;
  private final List<Path> client;

  ClassPath(Revision revision, List<Path> client) {
    this.revision = revision;
    this.client = client;
  }

  String plain() {
    List<Path> entries = new ArrayList<>(List.of(revision.taskRoot()));
    entries.addAll(jars());
    return joined(entries);
  }

  /** What a cache is made with: jars only. */
  String forCache() {
    List<Path> entries = new ArrayList<>();
    if (Files.exists(codeJar())) {
      entries.add(codeJar());
    }
    entries.addAll(jars());
    return joined(entries);
  }

  /** What a cache is used with: the same, and the task root behind it. */
  String withCache() {
    return forCache() + ":" + revision.taskRoot();
  }

  private List<Path> jars() {
    List<Path> jars = new ArrayList<>();
    Path lib = revision.taskRoot().resolve("lib");
    if (Files.isDirectory(lib)) {
      try (Stream<Path> entries = Files.list(lib)) {
        // Sorted: a folder's own order differs from one unpacking to the next.
        entries.filter(jar -> jar.toString().endsWith(".jar")).sorted().forEach(jars::add);
      } catch (IOException e) {
        throw new UncheckedIOException("jars below " + lib, e);
      }
    }
    jars.addAll(client);
    return jars;
  }

  private static String joined(List<Path> entries) {
    return String.join(":", entries.stream().map(Path::toString).toList());
  }

  private Path codeJar() {
    return revision.taskRoot().resolveSibling(revision.taskRoot().getFileName() + ".jar");
  }

  /** Makes the jar of the root's classes and services, when there are any and it is not there. */
  void makeCodeJar() throws IOException {
    if (Files.exists(codeJar())) {
      return;
    }
    Path root = revision.taskRoot();
    List<Path> files;
    try (Stream<Path> entries = Files.walk(root)) {
      files =
          entries
              .filter(Files::isRegularFile)
              .filter(file -> !file.startsWith(root.resolve("lib")))
              .filter(file -> file.toString().endsWith(".class") || isService(root, file))
              .sorted()
              .toList();
    }
    if (files.isEmpty()) {
      return;
    }
    Path temporary = codeJar().resolveSibling("." + UUID.randomUUID());
    try (OutputStream out = Files.newOutputStream(temporary);
        ZipOutputStream jar = new ZipOutputStream(out)) {
      jar.setLevel(Deflater.BEST_SPEED);
      for (Path file : files) {
        jar.putNextEntry(new ZipEntry(root.relativize(file).toString()));
        Files.copy(file, jar);
      }
    }
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
    Files.move(temporary, codeJar(), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Service files: without them a framework finds nothing to start while the cache is made. */
  private static boolean isService(Path root, Path file) {
    return file.startsWith(root.resolve("META-INF")) && !file.endsWith("MANIFEST.MF");
  }
}
