package dev.spillway.batch.logs;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What attempts wrote to standard output and standard error. */
public interface JobLogs {

  /**
   * The file of an attempt; empty when the job or the attempt is not known. It may not exist yet.
   *
   * @param jobId a job, or one of its containers where an attempt has several: {@code job#node},
   *     {@code job/name}, {@code job#node/name}
   */
  Optional<Path> file(String jobId, int attempt);

  /**
   * Reads on from {@code offset}.
   *
   * @param offset in bytes; 0 is the beginning
   * @param maxBytes no more than this many come back
   */
  Slice read(String jobId, int attempt, long offset, int maxBytes);

  /** The last attempt that has a place; 0 when there is none, or no such job. */
  int lastAttempt(String jobId);

  /**
   * Whole lines from {@code offset} on; the last one only when its end is there or nothing follows.
   */
  Lines lines(String jobId, int attempt, long offset, int most);

  /**
   * Lines of a log.
   *
   * @param ended true when the attempt has ended and nothing follows
   */
  record Lines(List<Line> lines, long nextOffset, boolean ended) {}

  /**
   * One line, without its end.
   *
   * @param next where the line after it begins
   * @param time epoch milliseconds
   */
  record Line(long next, long time, String text) {}

  /**
   * A piece of a log.
   *
   * @param bytes as written; may be cut inside a character
   * @param nextOffset where to read on
   * @param ended true when the attempt has ended and nothing follows {@code bytes}
   */
  record Slice(byte[] bytes, long nextOffset, boolean ended) {}
}
