package dev.spillway.handlers.catalog;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Keeps the first line of every key, for any number of lines.
 *
 * <p>Shape: lines are dealt to {@value #WAYS} files by their group's hash, then each file is read
 * with the keys of that file alone in memory; a file that is still too large is dealt again by
 * other bits. Lines of one group stay together and in order. <br>
 * Disk: all lines once, and a file that is dealt again twice for that moment. <br>
 * Units: keys and groups hold no tab and no line end.
 */
final class DistinctLines implements AutoCloseable {
  private static final int WAYS = 64;
  private static final int BITS = 6;

  /** Read with its keys in memory up to this size: about 100,000 items. */
  private static final long DEFAULT_LARGEST = 64L << 20;

  private final Path folder;
  private final int level;
  private final long largest;
  private final OutputStream[] files = new OutputStream[WAYS];

  /** Called with each line that is kept, without its end. */
  interface Kept {
    void line(String latin1Line) throws IOException;
  }

  DistinctLines(Path folder) throws IOException {
    this(folder, 0, DEFAULT_LARGEST);
  }

  DistinctLines(Path folder, int level, long largest) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.level = level;
    this.largest = largest;
  }

  void add(String group, String key, byte[] line) throws IOException {
    OutputStream file = file(group);
    file.write((group + "\t" + key + "\t").getBytes(StandardCharsets.UTF_8));
    file.write(line);
    file.write('\n');
  }

  /**
   * Gives back the kept lines and forgets all files.
   *
   * @param kept gets each line's bytes as ISO 8859-1 text: bytes pass through unchanged
   * @return how many lines were dropped
   */
  long drain(Kept kept) throws IOException {
    close();
    long dropped = 0;
    for (int way = 0; way < WAYS; way++) {
      Path file = folder.resolve(name(way));
      if (files[way] == null) {
        continue;
      }
      boolean dealAgain = Files.size(file) > largest && level + 1 < 32 / BITS;
      dropped += dealAgain ? again(file, way, kept) : one(file, kept);
      Files.deleteIfExists(file);
      files[way] = null;
    }
    return dropped;
  }

  private long again(Path file, int way, Kept kept) throws IOException {
    try (var finer = new DistinctLines(folder.resolve(way + ".d"), level + 1, largest)) {
      try (BufferedReader in = reader(file)) {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          OutputStream to = finer.file(utf8(line.substring(0, line.indexOf('\t'))));
          to.write(line.getBytes(StandardCharsets.ISO_8859_1));
          to.write('\n');
        }
      }
      Files.delete(file);
      return finer.drain(kept);
    }
  }

  private static long one(Path file, Kept kept) throws IOException {
    long dropped = 0;
    Set<String> seen = new HashSet<>();
    try (BufferedReader in = reader(file)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        int group = line.indexOf('\t');
        int key = line.indexOf('\t', group + 1);
        if (seen.add(line.substring(group + 1, key))) {
          kept.line(line.substring(key + 1));
        } else {
          dropped++;
        }
      }
    }
    return dropped;
  }

  private OutputStream file(String group) throws IOException {
    int hash = group.hashCode() * 0x9E3779B1; // spreads what String.hashCode leaves close together
    int way = hash >>> (32 - BITS * (level + 1)) & (WAYS - 1);
    if (files[way] == null) {
      files[way] =
          new BufferedOutputStream(Files.newOutputStream(folder.resolve(name(way))), 1 << 16);
    }
    return files[way];
  }

  private static BufferedReader reader(Path file) throws IOException {
    return new BufferedReader(
        new InputStreamReader(Files.newInputStream(file), StandardCharsets.ISO_8859_1), 1 << 16);
  }

  private static String utf8(String latin1) {
    return new String(latin1.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  private static String name(int way) {
    return "part-" + way;
  }

  /** Closes the open files; a stream closed twice is harmless. */
  @Override
  public void close() throws IOException {
    for (OutputStream file : files) {
      if (file != null) {
        file.close();
      }
    }
  }
}
