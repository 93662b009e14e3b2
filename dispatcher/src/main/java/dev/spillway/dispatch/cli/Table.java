package dev.spillway.dispatch.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Aligned columns on a terminal, tab-separated values with a header elsewhere. */
final class Table {
  private static final String RED = "\033[31m";
  private static final String GREEN = "\033[32m";
  private static final String PLAIN = "\033[0m";
  private static final int GAP = 2;

  private final boolean terminal;
  private final boolean colours;

  Table(boolean terminal, boolean colours) {
    this.terminal = terminal;
    this.colours = colours;
  }

  boolean terminal() {
    return terminal;
  }

  /**
   * The lines of a table; no newline at their ends.
   *
   * @param columns what fits into a line of the terminal
   */
  List<String> lines(List<String> header, List<List<String>> rows, int columns) {
    List<String> lines = new ArrayList<>();
    if (!terminal) {
      lines.add(String.join("\t", header));
      rows.forEach(row -> lines.add(separated(row)));
      return lines;
    }
    int[] widths = new int[header.size()];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = header.get(column).length();
      for (List<String> row : rows) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    narrow(widths, columns - GAP * (widths.length - 1));
    lines.add(aligned(header, widths, false));
    rows.forEach(row -> lines.add(aligned(row, widths, colours)));
    return lines;
  }

  /** Takes from the widest column until all fit: short ones stay whole. */
  private static void narrow(int[] widths, int most) {
    for (int sum = IntStream.of(widths).sum(); sum > most; sum--) {
      int widest = 0;
      for (int column = 1; column < widths.length; column++) {
        widest = widths[column] > widths[widest] ? column : widest;
      }
      if (widths[widest] == 1) {
        return;
      }
      widths[widest]--;
    }
  }

  /** The text, or as much of its beginning as fits. */
  static String cut(String text, int width) {
    return text.length() <= width ? text : text.substring(0, width - 1) + "…";
  }

  /** One row for a reader that is a program. */
  static String separated(List<String> row) {
    return String.join("\t", row.stream().map(cell -> cell.replaceAll("\\s", " ")).toList());
  }

  void print(PrintWriter out, List<String> header, List<List<String>> rows) {
    int columns = terminal ? Terminal.size().columns() : 0;
    lines(header, rows, columns).forEach(out::println);
    out.flush();
  }

  private static String aligned(List<String> row, int[] widths, boolean coloured) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < widths.length; column++) {
      String cell = row.get(column).replaceAll("\\p{Cntrl}", " ");
      String cut = cut(cell, widths[column]);
      String colour =
          switch (coloured ? cut : "") {
            case "FAILED" -> RED;
            case "SUCCEEDED" -> GREEN;
            default -> "";
          };
      line.append(colour)
          .append(cut)
          .append(colour.isEmpty() ? "" : PLAIN)
          .append(" ".repeat(widths[column] - cut.length() + GAP));
    }
    return line.toString().stripTrailing();
  }
}
