package dev.spillway.batch.logs;

import java.nio.file.Path;
import java.util.Optional;

/** What attempts wrote to standard output and standard error. */
public interface JobLogs {

  /**
   * The file of an attempt; empty when the job or the attempt is not known. It may not exist yet.
   */
  Optional<Path> file(String jobId, int attempt);

  /**
   * Reads on from {@code offset}.
   *
   * @param offset in bytes; 0 is the beginning
   * @param maxBytes no more than this many come back
   */
  Slice read(String jobId, int attempt, long offset, int maxBytes);

  /**
   * A piece of a log.
   *
   * @param bytes as written; may be cut inside a character
   * @param nextOffset where to read on
   * @param ended true when the attempt has ended and nothing follows {@code bytes}
   */
  record Slice(byte[] bytes, long nextOffset, boolean ended) {}
}
