package dev.spillway.batch.logs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Appends to a log whose parts come with their times. Not safe for threads. */
public final class LogWriter implements AutoCloseable {
  private final Path file;
  private final FileChannel log;
  private final LogTimes times;
  private final LogCap cap;
  private long length;

  private LogWriter(Path file, FileChannel log, LogTimes times, LogCap cap) throws IOException {
    this.file = file;
    this.log = log;
    this.times = times;
    this.cap = cap;
    this.length = log.size();
  }

  /** Begins a log, or goes on with it. */
  public static LogWriter open(Path file, LogCap cap) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    FileChannel log = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    return new LogWriter(file, log, LogTimes.open(file), cap);
  }

  /** How long the log is. */
  public long length() {
    return length;
  }

  public void append(ByteBuffer bytes, long epochMillis) throws IOException {
    while (bytes.hasRemaining()) {
      length += log.write(bytes);
    }
    times.add(length, epochMillis);
    cap.keep(file, length);
  }

  @Override
  public void close() throws IOException {
    log.close();
    times.close();
  }
}
