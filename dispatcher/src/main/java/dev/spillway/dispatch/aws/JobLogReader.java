package dev.spillway.dispatch.aws;

import java.util.Optional;

/** Port: what the attempts of jobs wrote. */
public interface JobLogReader {

  /**
   * A log from {@code offset} on, no more than {@code mostBytes}.
   *
   * @param attempt from 1
   * @return empty when the job or the attempt is not known
   */
  Optional<Piece> read(String jobId, int attempt, long offset, int mostBytes);

  /**
   * A piece of a log.
   *
   * @param ended true when nothing follows
   */
  record Piece(byte[] bytes, long nextOffset, boolean ended) {}
}
