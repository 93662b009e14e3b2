package dev.spillway.dispatch.simulate;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Reads the Standard Workload Format: 18 numbers a line, {@code ;} starts a comment, -1 is unknown.
 * A job's run time counts for one vCPU. Workflows are not known in it, so each job is one; a user's
 * jobs of one executable are one workload.
 *
 * <p>Source: Feitelson's Parallel Workloads Archive, version 2.2 of the format.
 */
final class SwfTrace {
  private static final int FIELDS = 18;
  private static final int JOB = 0;
  private static final int SUBMIT_TIME = 1;
  private static final int RUN_TIME = 3;
  private static final int USED_MEMORY_KIB = 6;
  private static final int REQUESTED_TIME = 8;
  private static final int USER = 11;
  private static final int GROUP = 12;
  private static final int EXECUTABLE = 13;

  private SwfTrace() {}

  static List<TraceTask> read(BufferedReader in, String name) throws IOException {
    List<TraceTask> tasks = new ArrayList<>();
    int number = 0;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      number++;
      String text = line.strip();
      if (text.isEmpty() || text.startsWith(";")) {
        continue;
      }
      double[] fields = fields(text, name, number);
      if (fields[RUN_TIME] > 0) {
        tasks.add(task(fields));
      }
    }
    return tasks;
  }

  private static double[] fields(String line, String name, int number) {
    String[] words = line.split("\\s+");
    double[] fields = new double[FIELDS];
    try {
      for (int i = 0; i < FIELDS && words.length == FIELDS; i++) {
        fields[i] = Double.parseDouble(words[i]);
      }
    } catch (NumberFormatException _) {
      words = new String[0];
    }
    if (words.length != FIELDS) {
      throw new IllegalArgumentException(
          "%s, line %d: \"%s\" is not a job of the Standard Workload Format, which has %d numbers a line."
              .formatted(name, number, line.substring(0, Math.min(60, line.length())), FIELDS));
    }
    return fields;
  }

  private static TraceTask task(double[] f) {
    double memory = f[USED_MEMORY_KIB];
    return new TraceTask(
        "job " + (long) f[JOB],
        "group " + (long) f[GROUP],
        "user " + (long) f[USER] + " executable " + (long) f[EXECUTABLE],
        f[RUN_TIME],
        -1,
        memory > 0 ? (long) Math.ceil(memory / 1024) : 0,
        f[REQUESTED_TIME] > 0 ? OptionalDouble.of(f[REQUESTED_TIME]) : OptionalDouble.empty(),
        OptionalDouble.of(f[SUBMIT_TIME]),
        List.of());
  }
}
