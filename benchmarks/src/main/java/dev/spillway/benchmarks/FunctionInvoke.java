package dev.spillway.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What a warm call of a function costs: its median over HTTP, next to the two parts that it cannot
 * do without, measured in the same run: an HTTP answer of the same server without work, and a hop
 * to another process and back, once through pipes to {@code cat} and once through a Runtime API to
 * a function, as any Lambda must. Then many calls at 50 at once, counted.
 *
 * <p>Arguments: the launcher, the number of calls at 50 at once (default 10,000).
 */
public final class FunctionInvoke {
  private static final int CONCURRENCY = 50;
  private static final int WARM_UP = 30_000;
  private static final int CALLS = 300;
  private static final int ROUNDS = 25;

  private final BenchServer server;

  private FunctionInvoke(BenchServer server) {
    this.server = server;
  }

  public static void main(String[] args) throws Exception {
    Path launcher = Path.of(args[0]).toAbsolutePath();
    int calls = args.length > 1 ? Integer.parseInt(args[1]) : 10_000;
    try (var server =
        new BenchServer(
            launcher.toString(),
            "runner: process\nfunction.concurrency: " + CONCURRENCY + "\n",
            "--template",
            launcher.resolveSibling("sam-template.yaml").toString())) {
      FunctionInvoke bench = new FunctionInvoke(server);
      bench.parts(launcher.getParent());
      bench.many(calls);
    }
  }

  /** Nanoseconds that one thing took. */
  private interface Timed {
    long once() throws Exception;

    static Timed of(Callable<?> call) {
      return () -> {
        long begun = System.nanoTime();
        call.call();
        return System.nanoTime() - begun;
      };
    }
  }

  private void parts(Path root) throws Exception {
    Process cat = new ProcessBuilder("cat").start();
    try (RuntimeHop runtime = new RuntimeHop(root, "dev.spillway.handlers.pause.PauseHandler")) {
      Timed empty = Timed.of(() -> server.send("/v1/describejobs", "{\"jobs\":[]}"));
      Timed pipe = Timed.of(() -> hop(cat.getOutputStream(), cat.getInputStream()));
      Timed hop = () -> runtime.pass("{\"seconds\":0}");
      Timed invoke = Timed.of(() -> invoke("{\"seconds\":0}"));
      List<Timed> all = List.of(empty, pipe, hop, invoke);
      for (Timed one : all) {
        for (int i = 0; i < WARM_UP; i++) {
          one.once();
        }
      }
      // Short turns: what else the machine does hits all of them alike.
      double[][] millis = new double[all.size()][ROUNDS];
      double[] overPipe = new double[ROUNDS];
      double[] overRuntime = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < all.size(); i++) {
          millis[i][round] = median(all.get(i));
        }
        double warm = millis[3][round];
        overPipe[round] = warm / (millis[0][round] + millis[1][round]);
        overRuntime[round] = warm / (millis[0][round] + millis[2][round]);
      }
      System.out.printf(
          "warm invoke p50 %.3f ms; empty HTTP answer %.3f ms, process hop through pipes %.3f ms,"
              + " through a bare Runtime API %.3f ms%n",
          Median.of(millis[3]), Median.of(millis[0]), Median.of(millis[1]), Median.of(millis[2]));
      System.out.printf(
          "warm invoke: %.2f of an empty HTTP answer and a hop through pipes, %.2f of one and a hop"
              + " through the Runtime API (medians of %d rounds)%n",
          Median.of(overPipe), Median.of(overRuntime), ROUNDS);
    } finally {
      cat.destroy();
    }
  }

  private void many(int calls) throws Exception {
    try (var clients = Executors.newFixedThreadPool(CONCURRENCY)) {
      // One after the other: fifty virtual machines that start at once would starve each other.
      for (int warm = 2; warm <= CONCURRENCY; warm += 2) {
        List<Future<HttpResponse<String>>> held = new ArrayList<>();
        for (int i = 0; i < warm; i++) {
          held.add(clients.submit(() -> invoke("{\"seconds\":0.6}")));
        }
        for (Future<HttpResponse<String>> one : held) {
          one.get();
        }
      }
      long begun = System.nanoTime();
      List<Future<HttpResponse<String>>> sent = new ArrayList<>();
      for (int i = 0; i < calls; i++) {
        sent.add(clients.submit(() -> invoke("{\"seconds\":0}")));
      }
      int answered = 0;
      int failed = 0;
      for (Future<HttpResponse<String>> one : sent) {
        HttpResponse<String> answer = one.get();
        boolean error = answer.headers().firstValue("x-amz-function-error").isPresent();
        if (answer.statusCode() == 200 && !error) {
          answered++;
        } else if (failed++ == 0) {
          System.out.println("first failure: " + answer.statusCode() + " " + answer.body());
        }
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      System.out.printf(
          "warm invokes at %d at once: %d sent, %d answered, %d failed, %.0f/s%n",
          CONCURRENCY, calls, answered, failed, calls / seconds);
    }
  }

  private HttpResponse<String> invoke(String event) throws Exception {
    return server.send("/2015-03-31/functions/pause/invocations", event);
  }

  private static byte[] hop(OutputStream out, InputStream in) throws IOException {
    byte[] event = "{\"seconds\":0}\n".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    out.write(event);
    out.flush();
    return in.readNBytes(event.length);
  }

  private static double median(Timed timed) throws Exception {
    long[] nanos = new long[CALLS];
    for (int i = 0; i < CALLS; i++) {
      nanos[i] = timed.once();
    }
    Arrays.sort(nanos);
    return nanos[CALLS / 2] / 1e6;
  }
}
