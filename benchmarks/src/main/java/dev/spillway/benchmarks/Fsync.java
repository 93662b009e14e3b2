package dev.spillway.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the disk of a folder can do at most, one write after the other. */
final class Fsync {
  private static final int PAGE = 4096;
  private static final int TIMES = 500;

  private Fsync() {}

  /** Pages written and synced, a second. */
  static double perSecond(Path folder) throws IOException {
    Path file = Files.createTempFile(folder, "spillway-bench", ".fsync");
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      long start = System.nanoTime();
      for (int i = 0; i < TIMES; i++) {
        channel.write(ByteBuffer.allocate(PAGE), (long) i * PAGE);
        channel.force(false);
      }
      return TIMES * 1e9 / (System.nanoTime() - start);
    } finally {
      Files.delete(file);
    }
  }
}
