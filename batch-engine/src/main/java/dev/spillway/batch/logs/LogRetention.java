package dev.spillway.batch.logs;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes old log files. */
public final class LogRetention {
  private static final Logger LOG = LoggerFactory.getLogger(LogRetention.class);

  private LogRetention() {}

  /**
   * Deletes what was last written before {@code cutoff}, and folders left empty.
   *
   * @param inUse folders of jobs that run, however quiet they are
   * @return number of files deleted
   */
  public static int sweep(Path root, Instant cutoff, Set<Path> inUse) {
    if (!Files.isDirectory(root)) {
      return 0;
    }
    var visitor = new Sweep(root, cutoff, inUse);
    try {
      Files.walkFileTree(root, visitor);
    } catch (IOException e) {
      LOG.warn("Could not delete all old logs under {}: {}", root, e.toString());
    }
    return visitor.deleted;
  }

  private static final class Sweep extends SimpleFileVisitor<Path> {
    private final Path root;
    private final Instant cutoff;
    private final Set<Path> inUse;
    private final String lastDay;
    private int deleted;

    Sweep(Path root, Instant cutoff, Set<Path> inUse) {
      this.root = root;
      this.cutoff = cutoff;
      this.inUse = inUse;
      this.lastDay = cutoff.atZone(ZoneOffset.UTC).toLocalDate().toString();
    }

    /** The first folder is a day: one that may still get files is never taken away. */
    private String day(Path folder) {
      return root.relativize(folder).getName(0).toString();
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (attributes.lastModifiedTime().toInstant().isBefore(cutoff)
          && !inUse.contains(file.getParent())) {
        Files.deleteIfExists(file);
        deleted++;
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, IOException failed) throws IOException {
      if (!folder.equals(root) && day(folder).compareTo(lastDay) < 0) {
        try {
          Files.delete(folder);
        } catch (DirectoryNotEmptyException | NoSuchFileException e) {
          return FileVisitResult.CONTINUE; // a log in it is still wanted
        }
      }
      return FileVisitResult.CONTINUE;
    }
  }
}
