package dev.spillway.lambda.runtimeapi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of one environment: a file that the worker's standard output and error are appended to,
 * and this class too. So START, the function's own lines, END and REPORT stand in the order in
 * which they happened, and one call's log is the part of the file from its START on.
 *
 * <p>Errors: a log that cannot be written is reported once to our own log and costs no call.
 */
final class EnvironmentLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EnvironmentLog.class);

  private final Path file;
  private final FileChannel channel;
  private final FileChannel appending;
  private boolean broken;

  /** Where the last line of ours ended; a file of this size has had nothing written since. */
  private long ownEnd;

  private EnvironmentLog(Path file, FileChannel channel, FileChannel appending) {
    this.file = file;
    this.channel = channel;
    this.appending = appending;
  }

  static EnvironmentLog open(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
    return new EnvironmentLog(
        file,
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE),
        FileChannel.open(file, StandardOpenOption.APPEND));
  }

  Path file() {
    return file;
  }

  /**
   * Adds lines, on a line of their own even when the function's last line has no end.
   *
   * @return where the file ended before
   */
  synchronized long append(String lines) {
    try {
      long size = channel.size();
      String text = (endsInsideALine(size) ? "\n" : "") + lines + "\n";
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      appending.write(ByteBuffer.wrap(bytes));
      ownEnd = size + bytes.length;
      return size;
    } catch (IOException e) {
      report(e);
      return 0;
    }
  }

  private boolean endsInsideALine(long size) throws IOException {
    if (size == ownEnd) {
      return false;
    }
    ByteBuffer last = ByteBuffer.allocate(1);
    return size > 0 && channel.read(last, size - 1) == 1 && last.get(0) != '\n';
  }

  /** What stands from {@code start} on; of more than {@code maxBytes} the last part. */
  synchronized String readFrom(long start, int maxBytes) {
    try {
      long size = channel.size();
      // The file was cut meanwhile: all that is left belongs to the present call.
      long from = Math.max(start > size ? 0 : start, size - maxBytes);
      ByteBuffer bytes = ByteBuffer.allocate((int) (size - from));
      while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) > 0) {
        // reads on
      }
      return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      report(e);
      return "";
    }
  }

  /** Empties a file that passed the limit: the worker appends, so it goes on at the new end. */
  synchronized void cutBeyond(long maxBytes) {
    try {
      long size = channel.size();
      if (size > maxBytes) {
        channel.truncate(0);
        append("log cut: " + size + " bytes dropped here, the limit is " + maxBytes);
      }
    } catch (IOException e) {
      report(e);
    }
  }

  private void report(IOException e) {
    if (!broken) {
      broken = true;
      LOG.warn("log {} cannot be used, lines of this environment are lost: {}", file, e.toString());
    }
  }

  @Override
  public synchronized void close() {
    try {
      channel.close();
      appending.close();
    } catch (IOException e) {
      report(e);
    }
  }
}
