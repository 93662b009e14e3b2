package dev.spillway.batch.logs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * When which part of a log was written: a file beside it, {@code <log>.times}.
 *
 * <p>Shape: pairs of eight bytes, an offset into the log and the time, epoch milliseconds, of what
 * stands from there on; both rise. The last pair is a mark: how much of the log has been timed. A
 * log without this file was written at the time of its last change. Not safe for threads.
 */
public final class LogTimes implements AutoCloseable {
  private static final String SUFFIX = ".times";
  private static final int PAIR = 16;
  private static final long MARK = -1;

  private final FileChannel file;
  private long pairs;
  private long last;
  private long timed;

  private LogTimes(FileChannel file) throws IOException {
    this.file = file;
    long size = file.size() / PAIR;
    if (size > 0 && pair(file, size - 1).getLong(8) == MARK) {
      timed = pair(file, size - 1).getLong(0);
      size--;
    }
    pairs = size;
    last = size == 0 ? 0 : pair(file, size - 1).getLong(8);
  }

  /** Begins, or goes on with, the times of {@code log}. */
  public static LogTimes open(Path log) throws IOException {
    return new LogTimes(
        FileChannel.open(
            of(log), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  static Path of(Path log) {
    return log.resolveSibling(log.getFileName() + SUFFIX);
  }

  /** How much of the log has been timed. */
  public long timed() {
    return timed;
  }

  /** What was not timed of the first {@code length} bytes of the log was written at this time. */
  public void add(long length, long epochMillis) throws IOException {
    if (length <= timed) {
      return;
    }
    ByteBuffer record = ByteBuffer.allocate(2 * PAIR);
    boolean later = epochMillis > last;
    if (later) {
      record.putLong(timed).putLong(epochMillis);
    }
    record.putLong(length).putLong(MARK).flip();
    file.write(record, pairs * PAIR);
    if (later) {
      pairs++;
      last = epochMillis;
    }
    timed = length;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private static ByteBuffer pair(FileChannel file, long index) throws IOException {
    ByteBuffer pair = ByteBuffer.allocate(PAIR);
    file.read(pair, index * PAIR);
    return pair;
  }

  /** Finds times and offsets; reads the file as it is now. */
  static final class Lookup implements AutoCloseable {
    private final FileChannel file;
    private final long pairs;
    private final long timed;
    private final long otherwise;

    private Lookup(FileChannel file, long pairs, long timed, long otherwise) {
      this.file = file;
      this.pairs = pairs;
      this.timed = timed;
      this.otherwise = otherwise;
    }

    /** {@code otherwise}: the time of a log that has none, epoch milliseconds. */
    static Lookup of(Path log, long otherwise) throws IOException {
      try {
        FileChannel file = FileChannel.open(LogTimes.of(log), StandardOpenOption.READ);
        long pairs = file.size() / PAIR;
        long timed = Long.MAX_VALUE;
        if (pairs > 0 && pair(file, pairs - 1).getLong(8) == MARK) {
          pairs--;
          timed = pair(file, pairs).getLong(0);
        }
        return new Lookup(file, pairs, timed, otherwise);
      } catch (NoSuchFileException e) {
        return new Lookup(null, 0, Long.MAX_VALUE, otherwise);
      }
    }

    /** How much of the log has a time; what follows will get a later one. */
    long timed() {
      return timed;
    }

    /** When the byte at {@code offset} was written. */
    long timeAt(long offset) throws IOException {
      if (pairs == 0) {
        return otherwise;
      }
      long index = firstWhere(0, offset + 1) - 1;
      return pair(file, Math.max(0, index)).getLong(8);
    }

    /** Where begins what was written at {@code epochMillis} or later; none: the largest number. */
    long offsetOf(long epochMillis) throws IOException {
      if (pairs == 0) {
        return otherwise >= epochMillis ? 0 : Long.MAX_VALUE;
      }
      long index = firstWhere(8, epochMillis);
      return index == pairs ? Long.MAX_VALUE : pair(file, index).getLong(0);
    }

    /** The first pair whose number at {@code field} is not less. */
    private long firstWhere(int field, long atLeast) throws IOException {
      long low = 0;
      long high = pairs;
      while (low < high) {
        long middle = (low + high) >>> 1;
        if (pair(file, middle).getLong(field) >= atLeast) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return low;
    }

    @Override
    public void close() throws IOException {
      if (file != null) {
        file.close();
      }
    }
  }
}
