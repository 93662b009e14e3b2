package dev.spillway.batch.logs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.batch.logs.LogLines.Line;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Times, the cap, and lines of log files. */
class LogFilesTest {
  private static final int ALL = 1 << 24;

  @TempDir Path folder;
  private Path log;

  @BeforeEach
  void name() {
    log = folder.resolve("1.log");
  }

  private void append(LogWriter writer, String text, long time) throws IOException {
    writer.append(ByteBuffer.wrap(text.getBytes(UTF_8)), time);
  }

  private List<Line> lines(boolean over) throws IOException {
    try (LogLines lines = LogLines.open(log, over)) {
      return lines.forward(0, ALL, ALL);
    }
  }

  @Test
  void each_line_has_the_time_of_its_first_byte_also_after_a_restart() throws Exception {
    try (LogWriter writer = LogWriter.open(log, new LogCap(ALL))) {
      append(writer, "one\ntw", 1_000);
      append(writer, "o\nthree\n", 2_000);
      append(writer, "four\n", 2_000);
    }
    try (LogWriter writer = LogWriter.open(log, new LogCap(ALL))) {
      append(writer, "five\n", 1_500); // a clock that went back
      append(writer, "six\n", 3_000);
    }
    assertThat(lines(true))
        .extracting(Line::text, Line::time)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("one", 1_000L),
            org.assertj.core.groups.Tuple.tuple("two", 1_000L),
            org.assertj.core.groups.Tuple.tuple("three", 2_000L),
            org.assertj.core.groups.Tuple.tuple("four", 2_000L),
            org.assertj.core.groups.Tuple.tuple("five", 2_000L),
            org.assertj.core.groups.Tuple.tuple("six", 3_000L));
    try (LogLines lines = LogLines.open(log, true)) {
      assertThat(lines.from(0)).isZero();
      assertThat(lines.forward(lines.from(2_500), ALL, ALL))
          .extracting(Line::text)
          .containsExactly("six");
      assertThat(lines.from(3_001)).isEqualTo(lines.length());
    }
  }

  @Test
  void a_line_without_its_end_counts_when_nothing_will_follow() throws Exception {
    Files.writeString(log, "whole\nhal");
    assertThat(lines(false)).extracting(Line::text).containsExactly("whole");
    assertThat(lines(true)).extracting(Line::text).containsExactly("whole", "hal");
  }

  @Test
  void lines_are_read_forward_and_backward_in_pieces_alike() throws Exception {
    var random = new Random(7);
    List<String> written = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      written.add(i + " " + "x".repeat(random.nextInt(200)));
    }
    Files.writeString(log, String.join("\n", written) + "\n");
    List<String> forward = new ArrayList<>();
    List<String> backward = new ArrayList<>();
    try (LogLines lines = LogLines.open(log, true)) {
      long at = 0;
      while (at < lines.length()) {
        List<Line> some = lines.forward(at, 1 + random.nextInt(50), 1 + random.nextInt(5_000));
        some.forEach(line -> forward.add(line.text()));
        at = some.getLast().next();
      }
      long end = lines.length();
      while (end > 0) {
        List<Line> some = lines.backward(end, 1 + random.nextInt(50), 1 + random.nextInt(5_000));
        for (Line line : some.reversed()) {
          backward.addFirst(line.text());
        }
        end = some.getFirst().offset();
      }
    }
    assertThat(forward).isEqualTo(written);
    assertThat(backward).isEqualTo(written);
  }

  @Test
  void a_line_longer_than_an_event_is_several() throws Exception {
    Files.writeString(log, "y".repeat(LogLines.LINE_MAX + 10) + "\nnext\n");
    assertThat(lines(true))
        .extracting(line -> line.text().length())
        .containsExactly(LogLines.LINE_MAX, 10, 4);
  }

  @Test
  void of_a_log_over_the_cap_beginning_and_end_are_kept_and_the_disk_is_given_back()
      throws Exception {
    long most = 1 << 20;
    String line = "z".repeat(99) + "\n";
    int count = 200_000; // 20 MB
    try (LogWriter writer = LogWriter.open(log, new LogCap(most))) {
      for (int i = 0; i < count; i += 100) {
        var piece = new StringBuilder();
        for (int j = i; j < i + 100; j++) {
          piece.append("%07d %s".formatted(j, line.substring(8)));
        }
        append(writer, piece.toString(), 1_000 + i);
      }
    }
    long onDisk = blocks(log) * 512;
    System.out.printf("log cap: written %d, limit %d, on disk %d%n", Files.size(log), most, onDisk);
    assertThat(onDisk).isLessThan(2 * most);
    List<Line> lines = lines(true);
    assertThat(lines.getFirst().text()).startsWith("0000000 ");
    assertThat(lines.getLast().text()).startsWith("%07d ".formatted(count - 1));
    assertThat(lines).filteredOn(l -> l.text().contains("are not kept here")).hasSize(1);
    assertThat(lines).noneMatch(l -> l.text().contains("\0"));
    assertThat(lines.stream().mapToLong(l -> l.text().length() + 1).sum())
        .isBetween(most - 8192, most + most / 4);
    List<Line> backward = new ArrayList<>();
    try (LogLines again = LogLines.open(log, true)) {
      for (long end = again.length(); end > 0; end = backward.getFirst().offset()) {
        backward.addAll(0, again.backward(end, ALL, 1 << 20));
      }
    }
    assertThat(backward).isEqualTo(lines);
  }

  private static long blocks(Path file) throws Exception {
    Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
    return Long.parseLong(new String(stat.getInputStream().readAllBytes(), UTF_8).strip());
  }

  @Test
  void a_log_that_a_process_writes_is_timed_and_capped_by_looking_at_it() throws Exception {
    long before = System.currentTimeMillis();
    try (var watch = new LogWatch(new LogCap(64 * 1024), InstantSource.system())) {
      watch.watch(log, false);
      Files.writeString(log, "first\n");
      await().atMost(Duration.ofSeconds(10)).until(() -> Files.exists(LogTimes.of(log)));
      Thread.sleep(300);
      Files.writeString(log, "second\n", StandardOpenOption.APPEND);
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> lines(false).getLast().time() > lines(false).getFirst().time());
      Files.writeString(log, "third\n".repeat(100_000), StandardOpenOption.APPEND);
      await().atMost(Duration.ofSeconds(10)).until(() -> LogCap.of(log).isPresent());
      watch.end(log);
    }
    List<Line> lines = lines(true);
    assertThat(lines.get(0).time()).isBetween(before, before + 10_000);
    assertThat(lines.get(1).time()).isGreaterThanOrEqualTo(lines.get(0).time() + 200);
    assertThat(blocks(log) * 512).isLessThan(200 * 1024);
  }

  @Test
  void what_was_written_while_nobody_looked_has_the_time_of_the_last_change() throws Exception {
    var clock = InstantSource.fixed(java.time.Instant.ofEpochMilli(5_000));
    Files.writeString(log, "seen\n");
    try (LogTimes times = LogTimes.open(log)) {
      times.add(Files.size(log), 4_000);
    }
    Files.writeString(log, "unseen\n", StandardOpenOption.APPEND);
    Files.setLastModifiedTime(log, java.nio.file.attribute.FileTime.fromMillis(4_500));
    try (var watch = new LogWatch(new LogCap(ALL), clock)) {
      watch.watch(log, true);
    }
    assertThat(lines(true)).extracting(Line::time).containsExactly(4_000L, 4_500L);
  }

  @Test
  void patterns() {
    assertThat(FilterPattern.parse("").matches("anything")).isTrue();
    FilterPattern both = FilterPattern.parse("ERROR \"exit code\"");
    assertThat(both.matches("ERROR: exit code 3")).isTrue();
    assertThat(both.matches("error: exit code 3")).isFalse();
    assertThat(both.matches("ERROR: code exit")).isFalse();
    assertThat(FilterPattern.parse("?ERROR ?WARN -DEBUG").matches("WARN x")).isTrue();
    assertThat(FilterPattern.parse("?ERROR ?WARN -DEBUG").matches("WARN DEBUG")).isFalse();
    assertThat(FilterPattern.parse("?ERROR ?WARN").matches("INFO")).isFalse();
  }
}
