package dev.spillway.batch.logs;

import dev.spillway.batch.logs.LogLines.Line;
import dev.spillway.batch.logs.LogStreams.Stream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;

/** Looks through one stream for FilterLogEvents. */
final class LogSearch {
  private static final int LINES = 10_000;
  private static final int BYTES = 1024 * 1024;

  private final Stream stream;
  private final FilterPattern pattern;
  private final long start;
  private final long end;
  private int bytes;

  LogSearch(Stream stream, FilterPattern pattern, long start, long end) {
    this.stream = stream;
    this.pattern = pattern;
    this.start = start;
    this.end = end;
  }

  int bytes() {
    return bytes;
  }

  /** Where to go on; negative when the stream has been searched. */
  long run(long from, int most, int budget, List<Found> found) {
    try {
      if (!Files.exists(stream.file())
          || Files.getLastModifiedTime(stream.file()).toMillis() < start) {
        return -1;
      }
      try (LogLines log = LogLines.open(stream.file(), stream.endedAt().isPresent())) {
        long at = Math.max(from, start == 0 ? 0 : log.from(start));
        int count = 0;
        while (true) {
          List<Line> lines = log.forward(at, LINES, BYTES);
          if (lines.isEmpty()) {
            return -1;
          }
          for (Line line : lines) {
            if (line.time() >= end) {
              return -1;
            }
            at = line.next();
            if (line.time() >= start && pattern.matches(line.text())) {
              found.add(new Found(stream, line));
              count++;
              bytes += line.text().length();
              if (count == most || bytes >= budget) {
                return at;
              }
            }
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A line that passed. */
  record Found(Stream stream, Line line) {
    /** The same for the same line: {@code aws logs tail} tells by it what it has printed. */
    String id() {
      return "%08x%048d".formatted(stream.name().hashCode(), line.offset());
    }
  }

  /**
   * Where FilterLogEvents stands: at an offset of a stream, or past that stream. Before all others
   * when the name is empty.
   */
  record Position(String name, long offset, boolean past) {

    static Position of(Optional<String> token) {
      if (token.isEmpty()) {
        return new Position("", 0, false);
      }
      String[] parts = token.get().split("/", 3);
      if (parts.length != 3 || !token.get().matches("[sn]/\\d{1,18}/.+")) {
        throw LogsException.invalid("The specified nextToken is invalid.");
      }
      return new Position(parts[2], Long.parseLong(parts[1]), parts[0].equals("n"));
    }

    String token() {
      return (past ? "n/" : "s/") + offset + "/" + name;
    }
  }
}
