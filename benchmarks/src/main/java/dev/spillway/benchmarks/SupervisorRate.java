package dev.spillway.benchmarks;

import dev.spillway.batch.execution.process.ProcessSupervisor.Spawn;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import dev.spillway.batch.execution.process.SupervisorClient;
import dev.spillway.batch.execution.process.supervisor.JobUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * No-op processes a second through the supervisor, next to what {@code xargs -P2 -n1 /bin/true}
 * does on the same machine in the same run, with and without durable exit records; the supervisor's
 * resident memory and the time it takes to answer first.
 *
 * <p>Arguments: processes a round (default 3000), rounds (default 3). The ratios are the result;
 * the machine is noisy, so rounds alternate and the median counts.
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
    try {
      double[] xargs = new double[rounds];
      double[] durable = new double[rounds];
      double[] quick = new double[rounds];
      try (var syncing = new Measured(work.resolve("sync"), true);
          var lazy = new Measured(work.resolve("lazy"), false)) {
        System.out.printf(
            "supervisor: first answer after %d ms and %d ms%n",
            syncing.startMillis, lazy.startMillis);
        syncing.run(count / 3);
        lazy.run(count / 3);
        for (int i = 0; i < rounds; i++) {
          xargs[i] = xargs(count);
          durable[i] = syncing.run(count);
          quick[i] = lazy.run(count);
          System.out.printf(
              "round %d: xargs %.0f/s, durable %.0f/s (%.2f), not durable %.0f/s (%.2f)%n",
              i + 1, xargs[i], durable[i], durable[i] / xargs[i], quick[i], quick[i] / xargs[i]);
        }
        System.out.printf(
            "median: xargs %.0f/s; durable %.2f of it; not durable %.2f of it; supervisor %d MiB%n",
            median(xargs),
            median(ratios(durable, xargs)),
            median(ratios(quick, xargs)),
            syncing.residentMib());
      }
    } finally {
      delete(work);
    }
  }

  /** One supervisor and the server's end of it. */
  private static final class Measured implements AutoCloseable {
    private final Path folder;
    private final SupervisorClient client;
    private final long startMillis;
    private final Semaphore free = new Semaphore(UNDER_WAY);
    private final AtomicInteger bad = new AtomicInteger();
    private int next;

    Measured(Path folder, boolean durable) throws IOException {
      this.folder = Files.createDirectory(folder);
      long start = System.nanoTime();
      client =
          SupervisorClient.connect(
              folder.resolve("supervisor"),
              new SupervisorClient.Options(
                  Duration.ofSeconds(1), durable, JobUser.NOBODY, PATIENCE));
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
                false));
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

  private static double median(double[] values) {
    double[] sorted = values.clone();
    java.util.Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
