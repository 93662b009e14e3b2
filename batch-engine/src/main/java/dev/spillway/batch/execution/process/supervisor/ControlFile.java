package dev.spillway.batch.execution.process.supervisor;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A short file of the kernel's that is read at the end of every job, and so is kept open: to read
 * it takes one system call and makes no garbage.
 */
final class ControlFile implements AutoCloseable {
  private static final int BYTES_MAX = 1024;

  private final MemorySegment bytes = Arena.ofAuto().allocate(BYTES_MAX);
  private int descriptor;

  ControlFile(Path file) throws IOException {
    descriptor = Libc.openToRead(file.toString());
    if (descriptor < 0) {
      throw new IOException(file + ": " + Libc.describe(-descriptor));
    }
  }

  /** The number that follows {@code key} at the start of a line; 0 when there is no such line. */
  synchronized long number(String key) throws IOException {
    int length = Libc.readAgain(descriptor, bytes);
    if (length < 0) {
      throw new IOException(Libc.describe(-length));
    }
    byte[] wanted = key.getBytes(StandardCharsets.US_ASCII);
    for (int at = 0; at + wanted.length < length; at = nextLine(at, length)) {
      if (starts(at, wanted)) {
        return number(at + wanted.length, length);
      }
    }
    return 0;
  }

  private boolean starts(int at, byte[] wanted) {
    for (int i = 0; i < wanted.length; i++) {
      if (bytes.get(JAVA_BYTE, at + i) != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  private int nextLine(int from, int length) {
    int at = from;
    while (at < length && bytes.get(JAVA_BYTE, at) != '\n') {
      at++;
    }
    return at + 1;
  }

  private long number(int from, int length) {
    long number = 0;
    for (int at = from; at < length; at++) {
      byte digit = bytes.get(JAVA_BYTE, at);
      if (digit < '0' || digit > '9') {
        break;
      }
      number = number * 10 + digit - '0';
    }
    return number;
  }

  @Override
  public synchronized void close() {
    if (descriptor >= 0) {
      Libc.close(descriptor);
      descriptor = -1;
    }
  }
}
