package dev.spillway.dispatch.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Tasks while they move: redrawn in place on a terminal, elsewhere one line when a task has ended.
 */
final class LiveTable {
  // A terminal of 24 lines: a table that scrolls cannot be redrawn.
  private static final int REDRAWN_ROWS = 20;

  private final PrintWriter out;
  private final Table table;
  private final boolean redrawn;
  private final Set<String> printed = new HashSet<>();
  private int drawn;

  LiveTable(PrintWriter out, Table table, int tasks) {
    this.out = out;
    this.table = table;
    this.redrawn = table.terminal() && tasks <= REDRAWN_ROWS;
  }

  void show(List<TaskView> tasks) {
    Instant now = Instant.now();
    if (redrawn) {
      List<String> lines =
          table.lines(TaskView.HEADER, tasks.stream().map(task -> task.row(now)).toList());
      if (drawn > 0) {
        out.print("\033[" + drawn + "A");
      }
      lines.forEach(line -> out.println("\033[2K" + line));
      drawn = lines.size();
    } else {
      if (drawn++ == 0) {
        out.println(String.join("\t", TaskView.HEADER));
      }
      tasks.stream()
          .filter(task -> task.ended() && printed.add(task.id()))
          .forEach(task -> out.println(Table.separated(task.row(now))));
    }
    out.flush();
  }
}
