package dev.spillway.benchmarks;

import dev.spillway.batch.engine.Engine;
import dev.spillway.batch.engine.EngineView;
import dev.spillway.batch.engine.Event;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.store.JobListing;
import dev.spillway.batch.store.SqlJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Whether what an operator waits for grows with what the store keeps: a start, the first page of
 * ListJobs and DescribeJobs with a million ended jobs next to ten thousand; a start with a million
 * RUNNABLE jobs next to a plain scan of their table; a million-child array next to one of ten.
 *
 * <p>Arguments: the large number (default 1,000,000), the small one (10,000).
 */
public final class StoreScale {
  private static final int BITE = 10_000;
  private static final int VCPUS = 16;

  private StoreScale() {}

  public static void main(String[] args) throws Exception {
    int large = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    int small = args.length > 1 ? Integer.parseInt(args[1]) : 10_000;
    System.out.printf("measure\tmilliseconds\tratio%n");
    Path few = Files.createTempDirectory("spillway-few");
    Path many = Files.createTempDirectory("spillway-many");
    Path runnable = Files.createTempDirectory("spillway-runnable");
    try {
      fill(few, small, small);
      fill(many, large, small);
      compare(
          "start, %,d ended and %,d live".formatted(large, small),
          median(() -> start(many)),
          median(() -> start(few)));
      compare(
          "first page of ListJobs", reads(many, StoreScale::list), reads(few, StoreScale::list));
      compare(
          "DescribeJobs of 100",
          reads(many, j -> describe(j, large)),
          reads(few, j -> describe(j, small)));
      fill(runnable, 0, large);
      compare(
          "start, %,d RUNNABLE, over a scan of the table".formatted(large),
          median(() -> start(runnable)),
          median(() -> scan(runnable)));
      arrays(large);
    } finally {
      for (Path folder : List.of(few, many, runnable)) {
        Folders.delete(folder);
      }
    }
  }

  private static void compare(String what, double one, double other) {
    System.out.printf("%s\t%.2f and %.2f\t%.2f%n", what, one, other, one / other);
  }

  private static double median(LongSupplier nanos) {
    long[] times = new long[7];
    for (int i = 0; i < times.length; i++) {
      times[i] = nanos.getAsLong();
    }
    Arrays.sort(times, 2, times.length); // the first two warm up
    return times[4] / 1e6;
  }

  private static void fill(Path folder, int ended, int live) {
    try (SqlJournal journal = SqlJournal.open(folder, Records.ARNS)) {
      commit(
          journal,
          List.of(
              new Event.ComputeEnvironmentPut(Records.environment(VCPUS)),
              new Event.JobQueuePut(Records.queue())),
          0);
      for (int from = 0; from < ended + live; from += BITE) {
        List<Event> events = new ArrayList<>();
        for (int i = from; i < Math.min(from + BITE, ended + live); i++) {
          events.add(new Event.JobAdded(job(i, i < ended), Records.DETAIL));
        }
        commit(journal, events, from + BITE);
      }
    }
  }

  private static Job job(int number, boolean ended) {
    JobSpec spec =
        Records.spec(Records.id(number), Records.T0.plusMillis(number), Optional.empty());
    JobState state =
        ended
            ? new JobState.Succeeded(
                1, Optional.of("Essential container in task exited"), spec.createdAt())
            : new JobState.Runnable(1, spec.createdAt());
    return new Job(spec, state, number, List.of(), false, false, Optional.empty());
  }

  private static void commit(SqlJournal journal, List<Event> events, long order) {
    journal.commit(
        new Step(
            events,
            List.of(),
            new Step.Counters(0, order),
            List.of(),
            List.of(),
            Map.of(),
            Map.of(),
            Optional.empty()));
  }

  /** All that a server does before it takes commands. */
  private static long start(Path folder) {
    long start = System.nanoTime();
    try (SqlJournal journal = SqlJournal.open(folder, Records.ARNS)) {
      Loaded loaded = journal.load();
      var engine = new Engine(Records.limits(VCPUS), loaded);
      var view = new EngineView(loaded, Size.NONE);
      engine.handle(List.of(), Records.T0);
      if (view.liveJobs().size() != engine.liveJobs().size()) {
        throw new IllegalStateException("the view is not what the engine has");
      }
      return System.nanoTime() - start;
    }
  }

  private static long scan(Path folder) {
    long start = System.nanoTime();
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("batch.db"));
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select * from job")) {
      int columns = rows.getMetaData().getColumnCount();
      long read = 0;
      while (rows.next()) {
        for (int c = 1; c <= columns; c++) {
          read += rows.getString(c) == null ? 0 : 1;
        }
      }
      return read == 0 ? 0 : System.nanoTime() - start;
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private interface Read {
    long of(SqlJournal journal);
  }

  private static double reads(Path folder, Read read) {
    try (SqlJournal journal = SqlJournal.open(folder, Records.ARNS)) {
      for (int i = 0; i < 200; i++) {
        read.of(journal);
      }
      return median(
          () -> {
            long start = System.nanoTime();
            for (int i = 0; i < 50; i++) {
              read.of(journal);
            }
            return (System.nanoTime() - start) / 50;
          });
    }
  }

  private static long list(SqlJournal journal) {
    return journal
        .list(
            new JobListing(
                new JobListing.OfQueue(Records.QUEUE),
                Optional.of(JobStatus.SUCCEEDED),
                Optional.empty(),
                Optional.empty(),
                100))
        .size();
  }

  /** Spread over all that there are. */
  private static long describe(SqlJournal journal, int jobs) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      ids.add(Records.id((long) i * jobs / 100));
    }
    return journal.find(ids).size() + journal.details(ids).size();
  }

  private static void arrays(int size) throws IOException {
    Path folder = Files.createTempDirectory("spillway-arrays");
    try (SqlJournal journal = SqlJournal.open(folder, Records.ARNS)) {
      var engine = new Engine(Records.limits(VCPUS), Records.loaded(0));
      long[] number = {0};
      double ten = median(() -> submit(engine, journal, number[0]++, 10));
      double million = median(() -> submit(engine, journal, number[0]++, size));
      compare("submit of an array of %,d next to one of 10".formatted(size), million, ten);
      memory(size);
    } finally {
      Folders.delete(folder);
    }
  }

  private static long submit(Engine engine, SqlJournal journal, long number, int size) {
    JobSpec spec =
        Records.spec(
            Records.id(number), Records.T0, Optional.of(new ArrayRole.Parent(size, false)));
    long start = System.nanoTime();
    Step step = engine.handle(List.of(Records.submit(spec, engine.version())), Records.T0);
    journal.commit(step);
    return System.nanoTime() - start;
  }

  /** Bytes that a waiting child takes: at first, and when every other chunk has been touched. */
  private static void memory(int size) {
    var engine = new Engine(Records.limits(VCPUS), Records.loaded(0));
    long before = used();
    JobSpec spec =
        Records.spec(Records.id(0), Records.T0, Optional.of(new ArrayRole.Parent(size, true)));
    engine.handle(List.of(Records.submit(spec, engine.version())), Records.T0);
    long after = used();
    System.out.printf(
        "memory of an array of %,d that waits\t%,d bytes\t%.3f bytes a child%n",
        size, after - before, (after - before) / (double) size);
    if (engine.liveJobs().isEmpty()) {
      throw new IllegalStateException("the array is gone");
    }
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
