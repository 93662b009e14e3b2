package dev.spillway.batch.logs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A log, line by line, with times.
 *
 * <p>Units: offsets in bytes, times in epoch milliseconds. <br>
 * Shape: a line that is longer than an event may be is several. The last line counts when its end
 * is there, or when nothing will follow.
 */
final class LogLines implements AutoCloseable {
  /** Source: CloudWatch Logs quotas, event size (256 KiB), less what AWS adds to each. */
  static final int LINE_MAX = 256 * 1024 - 26;

  private final FileChannel file;
  private final LogTimes.Lookup times;
  private final Optional<LogCap.Cut> cut;
  private final boolean over;
  private final long length;

  /**
   * One line, without its end.
   *
   * @param next where the line after it begins
   */
  record Line(long offset, long next, long time, String text) {}

  private LogLines(FileChannel file, LogTimes.Lookup times, Optional<LogCap.Cut> cut, boolean over)
      throws IOException {
    this.file = file;
    this.times = times;
    this.cut = cut;
    this.over = over;
    // A line whose time is not noted yet would be told again, as another one, when it is.
    this.length = over ? file.size() : Math.min(file.size(), times.timed());
  }

  /** {@code over}: nothing will be appended. */
  static LogLines open(Path log, boolean over) throws IOException {
    FileChannel file = FileChannel.open(log, StandardOpenOption.READ);
    long changed = java.nio.file.Files.getLastModifiedTime(log).toMillis();
    return new LogLines(file, LogTimes.Lookup.of(log, changed), LogCap.of(log), over);
  }

  long length() {
    return length;
  }

  /** When the last byte was written. */
  long timeAtEnd() throws IOException {
    return times.timeAt(Math.max(0, length - 1));
  }

  /** Where the first line of that time, or a later one, begins; the end when there is none. */
  long from(long epochMillis) throws IOException {
    long offset = times.offsetOf(epochMillis);
    return offset >= length ? length : lineStart(offset);
  }

  /** The beginning of the line that {@code offset} lies in. */
  private long lineStart(long offset) throws IOException {
    long floor = Math.max(0, offset - LINE_MAX);
    byte[] before = bytes(floor, (int) (offset - floor));
    for (int i = before.length - 1; i >= 0; i--) {
      if (before[i] == '\n') {
        return floor + i + 1;
      }
    }
    return floor;
  }

  /** Lines from a line's beginning on; as many as fit. */
  List<Line> forward(long start, int most, int mostBytes) throws IOException {
    List<Line> lines = new ArrayList<>();
    long at = start;
    long budget = mostBytes;
    while (at < length && lines.size() < most && budget > 0) {
      if (cut.isPresent() && at >= cut.get().from() && at < cut.get().to()) {
        lines.add(new Line(at, cut.get().to(), times.timeAt(at), cut.get().notice()));
        at = cut.get().to();
        continue;
      }
      long wall = cut.filter(c -> c.from() > start).map(LogCap.Cut::from).orElse(length);
      long end = wall > at ? wall : length;
      byte[] piece = bytes(at, (int) Math.min(end - at, budget + LINE_MAX));
      int used = split(piece, at, at + piece.length == end, lines, most, budget);
      if (used == 0) {
        break;
      }
      at += used;
      budget -= used;
    }
    return lines;
  }

  /** Splits into lines; how many bytes they take. */
  private int split(
      byte[] piece, long offset, boolean toTheEnd, List<Line> lines, int most, long budget)
      throws IOException {
    int start = 0;
    for (int i = 0; i < piece.length && lines.size() < most && start < budget; i++) {
      boolean newline = piece[i] == '\n';
      if (newline || i - start + 1 == LINE_MAX) {
        int textEnd = newline ? i : i + 1;
        lines.add(line(piece, offset, start, textEnd, i + 1));
        start = i + 1;
      }
    }
    boolean rest = toTheEnd && start < piece.length && lines.size() < most && start < budget;
    if (rest && (over || offset + piece.length < length)) {
      lines.add(line(piece, offset, start, piece.length, piece.length));
      start = piece.length;
    }
    return start;
  }

  private Line line(byte[] piece, long offset, int start, int end, int next) throws IOException {
    int textEnd = end > start && piece[end - 1] == '\r' ? end - 1 : end;
    return new Line(
        offset + start,
        offset + next,
        times.timeAt(offset + start),
        new String(piece, start, textEnd - start, StandardCharsets.UTF_8));
  }

  /** The last lines that end at or before {@code end}, in their order. */
  List<Line> backward(long end, int most, int mostBytes) throws IOException {
    long floor = Math.max(0, Math.min(end, length) - mostBytes);
    if (cut.isPresent() && floor > cut.get().from() && floor < cut.get().to()) {
      floor = cut.get().from();
    }
    long start = floor == 0 ? 0 : lineStart(floor);
    List<Line> lines = new ArrayList<>();
    long at = start;
    while (at < Math.min(end, length)) {
      List<Line> some = forward(at, Integer.MAX_VALUE, mostBytes);
      if (some.isEmpty()) {
        break;
      }
      some.stream().filter(line -> line.next() <= end).forEach(lines::add);
      at = some.getLast().next();
    }
    return lines.size() <= most ? lines : lines.subList(lines.size() - most, lines.size());
  }

  private byte[] bytes(long at, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    while (bytes.hasRemaining() && file.read(bytes, at + bytes.position()) > 0) {
      // reads on
    }
    return java.util.Arrays.copyOf(bytes.array(), bytes.position());
  }

  @Override
  public void close() throws IOException {
    file.close();
    times.close();
  }
}
