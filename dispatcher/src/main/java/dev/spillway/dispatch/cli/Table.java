package dev.spillway.dispatch.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Aligned columns on a terminal, tab-separated values with a header elsewhere. */
final class Table {
  private static final String RED = "\033[31m";
  private static final String GREEN = "\033[32m";
  private static final String PLAIN = "\033[0m";
  private static final int WIDEST = 60;

  private final boolean terminal;
  private final boolean colours;

  Table(boolean terminal, boolean colours) {
    this.terminal = terminal;
    this.colours = colours;
  }

  boolean terminal() {
    return terminal;
  }

  /** The lines of a table; no newline at their ends. */
  List<String> lines(List<String> header, List<List<String>> rows) {
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
        widths[column] = Math.min(WIDEST, Math.max(widths[column], row.get(column).length()));
      }
    }
    lines.add(aligned(header, widths, false));
    rows.forEach(row -> lines.add(aligned(row, widths, colours)));
    return lines;
  }

  /** One row for a reader that is a program. */
  static String separated(List<String> row) {
    return String.join("\t", row.stream().map(cell -> cell.replaceAll("\\s", " ")).toList());
  }

  void print(PrintWriter out, List<String> header, List<List<String>> rows) {
    lines(header, rows).forEach(out::println);
    out.flush();
  }

  private static String aligned(List<String> row, int[] widths, boolean coloured) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < widths.length; column++) {
      String cell = row.get(column).replaceAll("\\p{Cntrl}", " ");
      String cut =
          cell.length() > widths[column] ? cell.substring(0, widths[column] - 1) + "…" : cell;
      String colour =
          switch (coloured ? cut : "") {
            case "FAILED" -> RED;
            case "SUCCEEDED" -> GREEN;
            default -> "";
          };
      line.append(colour)
          .append(cut)
          .append(colour.isEmpty() ? "" : PLAIN)
          .append(" ".repeat(widths[column] - cut.length() + 2));
    }
    return line.toString().stripTrailing();
  }
}
