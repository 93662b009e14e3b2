package dev.spillway.lambda.function;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Unpacked code, once per content: {@code functions/<name>/<hash>/}.
 *
 * <p>Everything in it is readable by all and no file writable by anyone: a worker can read it and
 * not change it, as on AWS. A folder appears under its final name when it is whole.
 *
 * <p>Errors: 400 InvalidParameterValueException for an archive that is no zip, reaches outside its
 * folder, or is larger than 250 MB unpacked (AWS quota, layers included).
 */
final class CodeStore {
  private static final Logger LOG = LoggerFactory.getLogger(CodeStore.class);
  private static final long UNPACKED_BYTES_MAX = 262_144_000L;
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwxr-xr-x");
  private static final Set<PosixFilePermission> PROGRAM =
      PosixFilePermissions.fromString("r-xr-xr-x");
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("r--r--r--");

  private static final Pattern MADE_FROM = Pattern.compile("([0-9a-f]{32})([.-].*)?");

  private final Path functions;

  /**
   * The archive measured last: the functions of one template mostly share one, and to hash it for
   * each of them was half of a server's start.
   */
  private Optional<Seen> seen = Optional.empty();

  /**
   * What was unpacked last, by this process: the next function with the same code gets links to it.
   * Code that was there before is not taken: it may have been run, and changed.
   */
  private Optional<Unpacked> unpacked = Optional.empty();

  private record Unpacked(Measured measured, Path taskRoot) {}

  /** A file that keeps its size and time of change keeps its content. */
  private record Seen(Path file, long size, FileTime changed, Measured measured) {}

  /** {@code size}: bytes of the archive, or of the files in the folder. */
  record Code(Path taskRoot, String sha256, long size) {}

  CodeStore(Path dataDirectory) {
    this.functions = dataDirectory.resolve("functions");
  }

  /**
   * Keeps an archive that came with a request: {@code functions/<name>/<hash>.zip}, written through
   * to the disk. {@link #prune} deletes it with the code that was made from it.
   */
  Path keepArchive(String functionName, byte[] archive) {
    Path home = functions.resolve(functionName);
    Path target = home.resolve(HexFormat.of().formatHex(sha256().digest(archive), 0, 16) + ".zip");
    Path draft = home.resolve("." + UUID.randomUUID());
    try {
      makeReadable(Files.createDirectories(home));
      try (var file =
          FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(archive);
        while (bytes.hasRemaining()) {
          file.write(bytes);
        }
        file.force(true);
      }
      return Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("archive of function " + functionName, e);
    } finally {
      deleteQuietly(draft);
    }
  }

  /** Where the code of a function that has none of its own, an image, would be. */
  Path noCode(String functionName) {
    return functions.resolve(functionName).resolve("image");
  }

  /** Of an image, which lies elsewhere. */
  Code ofImage(FunctionImages.Image image, String functionName) {
    return new Code(noCode(functionName), image.sha256(), 0);
  }

  /** Unpacks again what the archive is kept of and the folder is gone. */
  void restore(FunctionRecord function) {
    for (Revision revision : function.living()) {
      boolean image = revision.configuration().details().imageUri().isPresent();
      if (!image && !Files.isDirectory(revision.taskRoot())) {
        if (Files.isRegularFile(revision.configuration().code())) {
          unpack(revision.configuration());
        }
        if (!Files.isDirectory(revision.taskRoot())) {
          LOG.warn(
              "function={} version={} cannot run: its code {} is gone",
              function.name(),
              revision.version(),
              revision.taskRoot());
        }
      }
    }
  }

  /** What a function of this name that was never acknowledged, or was deleted, left behind. */
  void removeOrphans(Set<String> functionNames) {
    if (!Files.isDirectory(functions)) {
      return;
    }
    try (Stream<Path> homes = Files.list(functions)) {
      for (Path home : homes.toList()) {
        String name = home.getFileName().toString();
        if (!name.startsWith(".") && !functionNames.contains(name)) {
          deleteTree(home);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("left-overs below " + functions, e);
    }
  }

  Code unpack(FunctionConfiguration function) {
    Path code = function.code();
    try {
      boolean folder = Files.isDirectory(code);
      Measured measured = folder ? measureFolder(code) : measureFile(code);
      Path home = functions.resolve(function.functionName());
      Path taskRoot = home.resolve(HexFormat.of().formatHex(measured.sha256(), 0, 16));
      if (!Files.isDirectory(taskRoot)) {
        makeReadable(Files.createDirectories(home));
        Path temporary = Files.createDirectories(home.resolve("." + UUID.randomUUID()));
        try {
          Optional<Path> same = unpacked(measured);
          if (same.isPresent()) {
            linkTree(same.get(), temporary);
          } else if (folder) {
            copyTree(code, temporary, function);
          } else {
            unzip(code, temporary, function);
          }
          makeReadable(temporary);
          Files.move(temporary, taskRoot, StandardCopyOption.ATOMIC_MOVE);
          unpacked = Optional.of(new Unpacked(measured, taskRoot));
        } finally {
          deleteTree(temporary);
        }
      }
      return new Code(
          taskRoot, Base64.getEncoder().encodeToString(measured.sha256()), measured.size());
    } catch (IOException e) {
      throw new UncheckedIOException("code of function " + function.functionName(), e);
    }
  }

  private Optional<Path> unpacked(Measured measured) {
    return unpacked
        .filter(last -> Arrays.equals(last.measured().sha256(), measured.sha256()))
        .map(Unpacked::taskRoot)
        .filter(Files::isDirectory);
  }

  /** The same files under other names: nobody writes into them, in either place. */
  private static void linkTree(Path from, Path to) throws IOException {
    try (Stream<Path> entries = Files.walk(from)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        Path target = to.resolve(from.relativize(entry).toString());
        if (Files.isDirectory(entry)) {
          makeReadable(Files.createDirectories(target));
        } else {
          link(entry, target);
        }
      }
    }
  }

  private static void link(Path from, Path to) throws IOException {
    try {
      Files.createLink(to, from);
    } catch (UnsupportedOperationException | FileSystemException _) {
      Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
    }
  }

  /** Deletes unpacked code of this function that nobody uses. */
  void prune(String functionName, Set<Path> inUse) {
    Path home = functions.resolve(functionName);
    if (!Files.isDirectory(home)) {
      return;
    }
    try (Stream<Path> entries = Files.list(home)) {
      for (Path entry : entries.toList()) {
        // The folder itself, and what was made from it: its jar, its start cache.
        Matcher made = MADE_FROM.matcher(entry.getFileName().toString());
        if (made.matches()) {
          Path taskRoot = home.resolve(made.group(1));
          if (!inUse.contains(taskRoot)) {
            deleteTree(entry);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("old code of function " + functionName, e);
    }
  }

  private static void unzip(Path zip, Path target, FunctionConfiguration function)
      throws IOException {
    URI uri = URI.create("jar:" + zip.toAbsolutePath().toUri());
    Map<String, String> withModes = Map.of("enablePosixFileAttributes", "true");
    try (FileSystem archive = FileSystems.newFileSystem(uri, withModes)) {
      copyTree(archive.getPath("/"), target, function);
    } catch (ZipException | IllegalArgumentException | FileSystemException e) {
      // The last two: names inside that are no paths, or two of them at one place.
      throw refused(function, "could not be read as a zip file: " + e.getMessage());
    }
  }

  private static void copyTree(Path from, Path to, FunctionConfiguration function)
      throws IOException {
    long room = UNPACKED_BYTES_MAX;
    try (Stream<Path> entries = Files.walk(from)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        Path target = to.resolve(from.relativize(entry).toString()).normalize();
        if (!target.startsWith(to)) {
          throw refused(function, "has an entry outside its folder: " + entry);
        }
        if (Files.isDirectory(entry)) {
          makeReadable(Files.createDirectories(target));
        } else if (Files.isRegularFile(entry)) {
          room -= copyFile(entry, target, room, function);
        } else {
          throw refused(function, "has an entry that is neither a file nor a folder: " + entry);
        }
      }
    }
  }

  private static long copyFile(Path from, Path to, long room, FunctionConfiguration function)
      throws IOException {
    // Counted while copying: the size that an archive declares may be a lie.
    try (InputStream in = Files.newInputStream(from);
        var out = Files.newOutputStream(to)) {
      byte[] buffer = new byte[1 << 16];
      long copied = 0;
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        copied += n;
        if (copied > room) {
          throw refused(function, "is larger than 262144000 bytes unpacked, Lambda's limit");
        }
        out.write(buffer, 0, n);
      }
      boolean executable =
          Files.getPosixFilePermissions(from).contains(PosixFilePermission.OWNER_EXECUTE);
      Files.setPosixFilePermissions(to, executable ? PROGRAM : FILE);
      return copied;
    }
  }

  private static void makeReadable(Path folder) throws IOException {
    Files.setPosixFilePermissions(folder, FOLDER);
  }

  private record Measured(byte[] sha256, long size) {}

  private synchronized Measured measureFile(Path file) throws IOException {
    long size = Files.size(file);
    FileTime changed = Files.getLastModifiedTime(file);
    if (seen.isPresent()
        && seen.get().file().equals(file)
        && seen.get().size() == size
        && seen.get().changed().equals(changed)) {
      return seen.get().measured();
    }
    MessageDigest digest = sha256();
    try (var in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
    }
    Measured measured = new Measured(digest.digest(), size);
    seen = Optional.of(new Seen(file, size, changed, measured));
    return measured;
  }

  private static Measured measureFolder(Path folder) throws IOException {
    MessageDigest digest = sha256();
    long size = 0;
    try (Stream<Path> entries = Files.walk(folder)) {
      List<Path> files = entries.filter(Files::isRegularFile).sorted().toList();
      for (Path file : files) {
        String header = folder.relativize(file) + "\0" + Files.size(file) + "\0";
        digest.update(header.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) (Files.isExecutable(file) ? 1 : 0));
        try (var in = new DigestInputStream(Files.newInputStream(file), digest)) {
          size += in.transferTo(java.io.OutputStream.nullOutputStream());
        }
      }
    }
    return new Measured(digest.digest(), size);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> entries = Files.walk(root)) {
      for (Path entry : entries.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(entry);
      }
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException _) {
      // The next start removes it with the folder, or it stays a hidden file.
    }
  }

  private static LambdaException refused(FunctionConfiguration function, String why) {
    return new LambdaException(
        "InvalidParameterValueException",
        400,
        "Code of function " + function.functionName() + " (" + function.code() + ") " + why);
  }
}
