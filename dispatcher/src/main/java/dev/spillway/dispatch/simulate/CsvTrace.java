package dev.spillway.dispatch.simulate;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.RuntimeJsonMappingException;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Reads comma-separated values with a header. Columns {@code workflow, application, task, program,
 * runtime_seconds} must be there; {@code memory_bytes, input_bytes, parents, hint_seconds,
 * submit_seconds} may, and may be empty.
 */
final class CsvTrace {
  private static final List<String> NEEDED =
      List.of("workflow", "application", "program", "runtime_seconds");
  private static final int BYTES_A_MIB = 1 << 20;

  private final String name;

  private CsvTrace(String name) {
    this.name = name;
  }

  static List<TraceTask> read(Reader in, String name) throws IOException {
    return new CsvTrace(name).read(in);
  }

  private List<TraceTask> read(Reader in) throws IOException {
    List<TraceTask> tasks = new ArrayList<>();
    int line = 1;
    try (MappingIterator<Map<String, String>> rows =
        new CsvMapper()
            .readerForMapOf(String.class)
            .with(CsvSchema.emptySchema().withHeader())
            .readValues(in)) {
      while (rows.hasNext()) {
        Map<String, String> row = rows.next();
        line++;
        tasks.add(task(row, line));
      }
    } catch (RuntimeJsonMappingException e) {
      throw new IllegalArgumentException(
          name + ", after line " + line + ": " + e.getMessage().lines().findFirst().orElse(""), e);
    }
    return tasks;
  }

  private TraceTask task(Map<String, String> row, int line) {
    for (String column : NEEDED) {
      if (row.get(column) == null || row.get(column).isEmpty()) {
        throw new IllegalArgumentException(
            "%s, line %d: the column %s is missing or empty. A trace has the columns %s, and may have memory_bytes, input_bytes, parents, hint_seconds, submit_seconds."
                .formatted(name, line, column, String.join(", ", NEEDED)));
      }
    }
    double seconds = number(row, "runtime_seconds", line);
    String memory = row.getOrDefault("memory_bytes", "");
    String input = row.getOrDefault("input_bytes", "");
    String hint = row.getOrDefault("hint_seconds", "");
    String submit = row.getOrDefault("submit_seconds", "");
    return new TraceTask(
        row.get("workflow"),
        row.get("application"),
        row.get("application") + " " + row.get("program"),
        seconds,
        input.isEmpty() ? -1 : (long) number(row, "input_bytes", line),
        memory.isEmpty() ? 0 : (long) Math.ceil(number(row, "memory_bytes", line) / BYTES_A_MIB),
        hint.isEmpty()
            ? OptionalDouble.empty()
            : OptionalDouble.of(number(row, "hint_seconds", line)),
        submit.isEmpty()
            ? OptionalDouble.empty()
            : OptionalDouble.of(number(row, "submit_seconds", line)),
        parents(row.getOrDefault("parents", ""), line));
  }

  private double number(Map<String, String> row, String column, int line) {
    try {
      double value = Double.parseDouble(row.get(column));
      if (value >= 0 && value < Double.POSITIVE_INFINITY) {
        return value;
      }
    } catch (NumberFormatException _) {
      // Told below, as a number that is out of range is.
    }
    throw new IllegalArgumentException(
        "%s, line %d: %s is \"%s\"; it must be a number that is not negative."
            .formatted(name, line, column, row.get(column)));
  }

  private List<Integer> parents(String text, int line) {
    try {
      return text.isEmpty()
          ? List.of()
          : Arrays.stream(text.split(";")).map(Integer::valueOf).toList();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s, line %d: parents is \"%s\"; it must be numbers of tasks with ; between them."
              .formatted(name, line, text),
          e);
    }
  }
}
