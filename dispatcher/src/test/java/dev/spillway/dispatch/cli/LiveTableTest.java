package dev.spillway.dispatch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiveTableTest {
  private final StringWriter written = new StringWriter();

  private LiveTable table(int rows, int columns) {
    return new LiveTable(
        new PrintWriter(written), new Table(true, false), () -> new Terminal.Size(rows, columns));
  }

  /** Tasks of which the named ones have succeeded. */
  private static List<TaskView> tasks(int count, Integer... ended) {
    return IntStream.range(0, count)
        .mapToObj(
            i -> {
              ObjectNode task =
                  JsonNodeFactory.instance
                      .objectNode()
                      .put("taskId", "%08d-x".formatted(i))
                      .put("name", "task-" + i)
                      .put("status", List.of(ended).contains(i) ? "SUCCEEDED" : "RUNNING");
              task.putObject("plan")
                  .put("choice", "w".repeat(200))
                  .putArray("routes")
                  .addObject()
                  .put("route", "function");
              return new TaskView(task);
            })
        .toList();
  }

  /** What a terminal of that size shows, and whether anything scrolled away. */
  private List<String> screen(int rows, int columns) {
    List<String> lines = new ArrayList<>(List.of(""));
    int cursor = 0;
    Matcher tokens =
        Pattern.compile("\\033\\[(\\d*)([AJK])|\\n|[^\\033\\n]+").matcher(written.toString());
    while (tokens.find()) {
      String token = tokens.group();
      if (token.equals("\n")) {
        cursor++;
        if (cursor == lines.size()) {
          lines.add("");
        }
      } else if (tokens.group(2) == null) {
        assertThat(token.length()).as(token).isLessThanOrEqualTo(columns);
        lines.set(cursor, token);
      } else if (tokens.group(2).equals("A")) {
        int up = Integer.parseInt(tokens.group(1));
        assertThat(up).as("lines that are still on the screen").isLessThan(rows);
        cursor -= up;
      } else if (tokens.group(2).equals("K")) {
        lines.set(cursor, "");
      } else {
        lines.subList(cursor, lines.size()).clear();
        lines.add("");
      }
    }
    return lines.subList(0, cursor);
  }

  @Test
  void as_many_tasks_as_the_window_has_lines_are_redrawn_in_place() {
    LiveTable live = table(50, 100);
    live.show(tasks(48));
    live.show(tasks(48, 3));
    assertThat(screen(50, 100)).hasSize(49);
    assertThat(screen(50, 100).get(4)).contains("task-3").contains("SUCCEEDED");
    assertThat(screen(50, 100).get(4)).hasSizeBetween(90, 100);
  }

  @Test
  void of_more_tasks_those_that_moved_last_are_shown_above_the_counts_of_all() {
    LiveTable live = table(10, 60);
    live.show(tasks(1_200));
    live.show(tasks(1_200, 700, 900));
    live.show(tasks(1_200, 700, 900, 1_100));
    List<String> screen = screen(10, 60);
    assertThat(screen).hasSize(9);
    assertThat(screen.subList(5, 8).stream().map(line -> line.split(" +")[1]))
        .containsExactly("task-700", "task-900", "task-1100");
    assertThat(screen.getLast()).startsWith("1,200 tasks: 1,197 RUNNING, 3 SUCCEEDED; above");
  }

  @Test
  void when_all_have_ended_all_are_printed() {
    LiveTable live = table(10, 60);
    live.show(tasks(30));
    live.show(tasks(30, IntStream.range(0, 30).boxed().toArray(Integer[]::new)));
    List<String> screen = screen(10, 60);
    assertThat(screen).hasSize(31);
    assertThat(screen.getLast()).contains("task-29");
  }

  @Test
  void a_window_that_was_made_smaller_is_noticed() {
    List<Terminal.Size> sizes = new ArrayList<>();
    sizes.add(new Terminal.Size(50, 100));
    LiveTable live =
        new LiveTable(new PrintWriter(written), new Table(true, false), sizes::getLast);
    live.show(tasks(5));
    sizes.add(new Terminal.Size(50, 60));
    for (int i = 0; i < 10; i++) {
      live.show(tasks(5));
    }
    assertThat(screen(50, 100)).hasSize(6).allMatch(line -> line.length() <= 60);
  }

  @Test
  void a_window_too_small_for_a_table_gets_a_line_when_a_task_has_ended() {
    LiveTable live = table(3, 30);
    live.show(tasks(2));
    live.show(tasks(2, 1));
    assertThat(written.toString().lines().collect(Collectors.joining("|")))
        .startsWith("TASK\tNAME\tROUTE")
        .contains("|00000001\ttask-1\tfunction\t")
        .doesNotContain("task-0");
  }

  @Test
  void the_widest_column_gives_way_first() {
    List<String> lines =
        new Table(true, false)
            .lines(List.of("A", "WHY"), List.of(List.of("short", "x".repeat(99))), 30);
    assertThat(lines.get(1)).isEqualTo("short  " + "x".repeat(22) + "…");
  }

  @ParameterizedTest
  @CsvSource({
    "'', '', '', 24, 80",
    "'', '', '0 0', 24, 80",
    "'', '', 'stty: no', 24, 80",
    "'', '', '61 203', 61, 203",
    "'', 132, '61 203', 61, 132",
    "40, 0, '61 203', 40, 203",
    "-1, many, '61 203', 61, 203"
  })
  void the_size_is_what_the_environment_says_else_the_terminal_else_the_usual_one(
      String lines, String columns, String stty, int rows, int width) {
    assertThat(Terminal.size(Map.of("LINES", lines, "COLUMNS", columns), stty))
        .isEqualTo(new Terminal.Size(rows, width));
  }
}
