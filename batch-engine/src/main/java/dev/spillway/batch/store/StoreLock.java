package dev.spillway.batch.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a second writer out of a data folder. The system frees it when the process ends. */
final class StoreLock implements AutoCloseable {
  private final FileChannel channel;

  private StoreLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws IllegalStateException when another process, or this one, has it; names the process id
   */
  static StoreLock take(Path dataDirectory) {
    Path file = dataDirectory.resolve("batch.lock");
    try {
      Files.createDirectories(dataDirectory);
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (!locked(channel)) {
        channel.close();
        throw new IllegalStateException(
            "The data folder %s is in use by process %s; stop that one, or give another data folder."
                .formatted(dataDirectory, Files.readString(file).strip()));
      }
      channel.truncate(0);
      byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
      channel.write(ByteBuffer.wrap(pid));
      return new StoreLock(channel);
    } catch (IOException e) {
      throw new JournalException("cannot lock " + file, e);
    }
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // this very process has it
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new JournalException("cannot free the lock of the data folder", e);
    }
  }
}
