package dev.spillway.benchmarks;

import dev.spillway.batch.execution.process.ProcessSupervisor.Limits;
import dev.spillway.batch.execution.process.ProcessSupervisor.Spawn;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import dev.spillway.batch.execution.process.SupervisorClient;
import dev.spillway.batch.execution.process.supervisor.Isolation;
import dev.spillway.batch.execution.process.supervisor.JobUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * No-op processes a second through the supervisor, next to what {@code xargs -P2 -n1 /bin/true}
 * does on the same machine in the same run, and what each part of the supervisor's work costs:
 * plain forks, durable exit records, control groups, folders of a job's own; the supervisor's
 * resident memory and the time it takes to answer first.
 *
 * <p>Arguments: processes a round (default 3000), rounds (default 3). The ratios are the result;
 * the machine is noisy, so rounds alternate and the median counts. A part's cost is the time that a
 * process takes with it, less the time without, both as medians; next to nothing may be negative.
 */
public final class SupervisorRate {
  /** Unfinished spawns at a time: what an engine with as many free vCPUs would have under way. */
  private static final int UNDER_WAY = 64;

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private SupervisorRate() {}

  public static void main(String[] args) throws Exception {
    int count = args.length > 0 ? Integer.parseInt(args[0]) : 3000;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    Path work =
        Files.createTempDirectory(
            "spillway-bench",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    try (var closing = new Closing()) {
      List<Measured> all = new ArrayList<>();
      for (Part part : Part.values()) {
        all.add(closing.add(new Measured(work.resolve(part.name()), part)));
      }
      for (Measured one : all) {
        System.out.printf(
            "%-12s first answer after %d ms; %s%n",
            one.part, one.startMillis, one.client.strength().text());
        one.run(count / 3);
      }
      double[] xargs = new double[rounds];
      double[][] rates = new double[all.size()][rounds];
      for (int i = 0; i < rounds; i++) {
        xargs[i] = xargs(count);
        System.out.printf("round %d: xargs %.0f/s", i + 1, xargs[i]);
        for (int k = 0; k < rates.length; k++) {
          rates[k][i] = all.get(k).run(count);
          System.out.printf(
              ", %s %.0f/s (%.2f)", all.get(k).part, rates[k][i], rates[k][i] / xargs[i]);
        }
        System.out.println();
      }
      double before = Median.of(xargs);
      System.out.printf("median: xargs %.0f/s, %.0f us a process%n", before, 1e6 / before);
      for (int k = 0; k < rates.length; k++) {
        double rate = Median.of(rates[k]);
        System.out.printf(
            "median: %-12s %.2f of xargs, %+.0f us a process; supervisor %d MiB%n",
            all.get(k).part,
            Median.of(ratios(rates[k], xargs)),
            1e6 / rate - 1e6 / before,
            all.get(k).residentMib());
        before = all.get(k).part == Part.WATCH ? before : rate;
      }
    } finally {
      Folders.delete(work);
    }
  }

  /** What is added, each to the one before; the last in the place of control groups. */
  private enum Part {
    FORK(false, Isolation.OFF, Limits.NONE),
    RECORDS(true, Isolation.OFF, Limits.NONE),
    CGROUP(true, new Isolation(Isolation.FULL.cgroups(), false, true), new Limits(256, 1000, 0)),
    PRIVATE_TMP(true, Isolation.FULL, new Limits(256, 1000, 1024)),
    WATCH(true, new Isolation(Optional.empty(), true, true), new Limits(256, 1000, 1024));

    private final boolean durable;
    private final Isolation isolation;
    private final Limits limits;

    Part(boolean durable, Isolation isolation, Limits limits) {
      this.durable = durable;
      this.isolation = isolation;
      this.limits = limits;
    }
  }

  /** Ends all supervisors, also when one of them could not be measured. */
  private static final class Closing implements AutoCloseable {
    private final List<Measured> open = new ArrayList<>();

    Measured add(Measured one) {
      open.add(one);
      return one;
    }

    @Override
    public void close() {
      open.forEach(Measured::close);
    }
  }

  /** One supervisor and the server's end of it. */
  private static final class Measured implements AutoCloseable {
    private final Path folder;
    private final Part part;
    private final SupervisorClient client;
    private final long startMillis;
    private final Semaphore free = new Semaphore(UNDER_WAY);
    private final AtomicInteger bad = new AtomicInteger();
    private int next;

    Measured(Path folder, Part part) throws IOException {
      this.part = part;
      this.folder = Files.createDirectory(folder);
      long start = System.nanoTime();
      client =
          SupervisorClient.connect(
              folder.resolve("supervisor"),
              new SupervisorClient.Options(
                      Duration.ofSeconds(1), part.durable, JobUser.NOBODY, PATIENCE)
                  .with(part.isolation));
      startMillis = (System.nanoTime() - start) / 1_000_000;
      client.listen(this::changed);
    }

    private void changed(Status status) {
      switch (status) {
        case Status.Running _ -> {}
        case Status.Ended ended -> {
          if (ended.exitCode().orElse(-1) != 0) {
            bad.incrementAndGet();
          }
          client.forget(ended.id());
          free.release();
        }
        case Status.NotStarted failed -> {
          System.out.println(failed.reason());
          bad.incrementAndGet();
          client.forget(failed.id());
          free.release();
        }
      }
    }

    /** Processes a second, from the first request to the last end told. */
    double run(int count) throws InterruptedException {
      long start = System.nanoTime();
      for (int i = 0; i < count; i++) {
        free.acquire();
        client.spawn(
            new Spawn(
                "no-op/" + next++,
                List.of("/bin/true"),
                Map.of("PATH", "/usr/bin:/bin"),
                folder.resolve("work"),
                folder.resolve("log"),
                false,
                part.limits));
      }
      free.acquire(UNDER_WAY);
      free.release(UNDER_WAY);
      if (bad.get() > 0) {
        throw new IllegalStateException(bad + " processes did not end with 0");
      }
      return count / ((System.nanoTime() - start) / 1e9);
    }

    long residentMib() throws IOException {
      Path status = Path.of("/proc", Long.toString(client.supervisorPid()), "status");
      try (Stream<String> lines = Files.lines(status)) {
        return lines
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow()
            / 1024;
      }
    }

    @Override
    public void close() {
      long pid = client.supervisorPid();
      client.close();
      ProcessHandle.of(pid).ifPresent(supervisor -> supervisor.onExit().join());
    }
  }

  private static double xargs(int count) throws IOException, InterruptedException {
    long start = System.nanoTime();
    int code =
        new ProcessBuilder("sh", "-c", "seq " + count + " | xargs -P2 -n1 /bin/true")
            .inheritIO()
            .start()
            .waitFor();
    if (code != 0) {
      throw new IllegalStateException("xargs ended with " + code);
    }
    return count / ((System.nanoTime() - start) / 1e9);
  }

  private static double[] ratios(double[] over, double[] under) {
    double[] ratios = new double[over.length];
    for (int i = 0; i < over.length; i++) {
      ratios[i] = over[i] / under[i];
    }
    return ratios;
  }
}
