package dev.spillway.dispatch.simulate;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Opens a trace: {@code .csv} or {@code .swf}, each also as {@code .gz}. */
public final class TraceFile {
  private TraceFile() {}

  /**
   * Reads a file whole.
   *
   * @throws IOException when it cannot be read
   * @throws IllegalArgumentException when it is no trace; names the line and what it should be
   */
  public static Trace read(Path file) throws IOException {
    String name = file.getFileName().toString();
    boolean packed = name.endsWith(".gz");
    String plain = packed ? name.substring(0, name.length() - 3) : name;
    try (InputStream raw = Files.newInputStream(file);
        InputStream in = packed ? new GZIPInputStream(raw) : raw;
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      List<TraceTask> tasks;
      if (plain.endsWith(".swf")) {
        tasks = SwfTrace.read(reader, plain);
      } else if (plain.endsWith(".csv")) {
        tasks = CsvTrace.read(reader, plain);
      } else {
        throw new IllegalArgumentException(
            name + " is neither .csv nor .swf (each may end in .gz), so its format is not known.");
      }
      if (tasks.isEmpty()) {
        throw new IllegalArgumentException(name + " has no task that ran.");
      }
      return Trace.of(tasks);
    }
  }
}
