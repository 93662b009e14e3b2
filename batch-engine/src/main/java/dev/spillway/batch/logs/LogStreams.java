package dev.spillway.batch.logs;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Which log streams there are, and the files they are. A stream's name is unique in its group.
 *
 * <p>The index is made from what runs; one that is lost costs listings, not logs.
 */
public interface LogStreams {
  /** Where the logs of all jobs are. Source: AWS Batch user guide, awslogs. */
  String JOBS = "/aws/batch/job";

  /** Keeps nothing. */
  LogStreams NONE =
      new LogStreams() {
        @Override
        public void opened(Stream stream) {}

        @Override
        public void ended(String owner, Instant at) {}

        @Override
        public void prune(Instant before) {}

        @Override
        public List<Group> groups() {
          return List.of();
        }

        @Override
        public Optional<Stream> find(String group, String name) {
          return Optional.empty();
        }

        @Override
        public List<Stream> list(Listing listing) {
          return List.of();
        }
      };

  /**
   * One stream.
   *
   * @param owner what is told to have ended
   * @param endedAt empty while it may be written to
   */
  record Stream(
      String group,
      String name,
      Path file,
      String owner,
      Instant createdAt,
      Optional<Instant> endedAt) {}

  record Group(String name, Instant createdAt) {}

  /**
   * Streams of a group.
   *
   * @param from the first name that counts; empty: all
   * @param aliveAt only those that had not ended by then
   * @param newestFirst by the time of creation instead of the name
   */
  record Listing(
      String group,
      String prefix,
      String from,
      Optional<Instant> aliveAt,
      boolean newestFirst,
      boolean descending,
      int offset,
      int most) {}

  /** A stream begins, or goes on after a restart. */
  void opened(Stream stream);

  /** What belongs to {@code owner} is written to no more. */
  void ended(String owner, Instant at);

  /** Streams that ended before that time are listed no more. */
  void prune(Instant before);

  List<Group> groups();

  Optional<Stream> find(String group, String name);

  List<Stream> list(Listing listing);
}
