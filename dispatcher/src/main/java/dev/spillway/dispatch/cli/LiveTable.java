package dev.spillway.dispatch.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Tasks while they move: redrawn in place on a terminal, elsewhere one line when a task has ended.
 * When there are more tasks than lines, the ones that moved last are shown above the counts of all;
 * in the end all are printed.
 */
final class LiveTable {
  /** Fewer columns would break the lines, and a table of broken lines cannot be redrawn. */
  private static final int FEWEST_COLUMNS = 40;

  // The header, one task, the counts, and the line that the cursor is on.
  private static final int FEWEST_ROWS = 4;
  // About two seconds: asking for the size starts a program.
  private static final int SHOWS_PER_LOOK = 7;

  private final PrintWriter out;
  private final Table table;
  private final Supplier<Terminal.Size> sizes;
  private final Set<String> printed = new HashSet<>();
  private final Map<String, Moved> moves = new HashMap<>();
  private Terminal.Size size = Terminal.Size.USUAL;
  private boolean redrawn;
  private int shows;
  private int drawn;

  /** When a task was last seen to move, as the number of a look. */
  private record Moved(String state, int look) {}

  /**
   * A table on {@code out}.
   *
   * @param sizes asked only on a terminal
   */
  LiveTable(PrintWriter out, Table table, Supplier<Terminal.Size> sizes) {
    this.out = out;
    this.table = table;
    this.sizes = sizes;
  }

  void show(List<TaskView> tasks) {
    Instant now = Instant.now();
    if (table.terminal() && shows % SHOWS_PER_LOOK == 0) {
      size = sizes.get();
      if (shows == 0) {
        redrawn = size.columns() >= FEWEST_COLUMNS && size.rows() >= FEWEST_ROWS;
      }
    }
    note(tasks);
    if (redrawn) {
      redraw(tasks, now);
    } else {
      if (shows == 0) {
        out.println(String.join("\t", TaskView.HEADER));
      }
      tasks.stream()
          .filter(task -> task.ended() && printed.add(task.id()))
          .forEach(task -> out.println(Table.separated(task.row(now))));
    }
    shows++;
    out.flush();
  }

  private void note(List<TaskView> tasks) {
    for (TaskView task : tasks) {
      String state = task.status() + " " + task.hops();
      moves.compute(
          task.id(),
          (_, before) ->
              before == null || !before.state().equals(state) ? new Moved(state, shows) : before);
    }
  }

  private void redraw(List<TaskView> tasks, Instant now) {
    boolean whole = tasks.size() + 2 <= size.rows() || tasks.stream().allMatch(TaskView::ended);
    List<TaskView> shown = whole ? tasks : newest(tasks, size.rows() - FEWEST_ROWS + 1);
    List<String> lines =
        new ArrayList<>(
            table.lines(
                TaskView.HEADER,
                shown.stream().map(task -> task.row(now)).toList(),
                size.columns()));
    if (!whole) {
      lines.add(Table.cut(counts(tasks), size.columns()));
    }
    if (drawn > 0) {
      out.print("\033[" + drawn + "A");
    }
    lines.forEach(line -> out.println("\033[2K" + line));
    out.print("\033[J");
    drawn = lines.size();
  }

  /** In the order of the list, so that a row moves only when another one takes its place. */
  private List<TaskView> newest(List<TaskView> tasks, int most) {
    Set<String> ids =
        tasks.stream()
            .sorted(Comparator.comparingInt(task -> -moves.get(task.id()).look()))
            .limit(most)
            .map(TaskView::id)
            .collect(Collectors.toSet());
    return tasks.stream().filter(task -> ids.contains(task.id())).toList();
  }

  private static String counts(List<TaskView> tasks) {
    return String.format(Locale.ROOT, "%,d tasks: ", tasks.size())
        + tasks.stream()
            .collect(Collectors.groupingBy(TaskView::status, TreeMap::new, Collectors.counting()))
            .entrySet()
            .stream()
            .map(entry -> String.format(Locale.ROOT, "%,d %s", entry.getValue(), entry.getKey()))
            .collect(Collectors.joining(", "))
        + "; above are those that moved last";
  }
}
