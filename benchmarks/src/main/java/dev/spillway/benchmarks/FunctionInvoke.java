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
 * do without, measured in the same run: an HTTP answer of the same server without work, and a round
 * trip to another process. Then many calls at 50 at once, counted.
 *
 * <p>Arguments: the launcher, the number of calls at 50 at once (default 10,000).
 */
public final class FunctionInvoke {
  private static final int CONCURRENCY = 50;
  private static final int WARM_UP = 5000;
  private static final int CALLS = 3000;
  private static final int ROUNDS = 3;

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
      bench.parts();
      bench.many(calls);
    }
  }

  private void parts() throws Exception {
    Process cat = new ProcessBuilder("cat").start();
    try {
      Callable<?> hop = () -> hop(cat.getOutputStream(), cat.getInputStream());
      Callable<?> empty = () -> server.send("/v1/describejobs", "{\"jobs\":[]}");
      Callable<?> invoke = () -> invoke("{\"seconds\":0}");
      for (Callable<?> one : List.of(hop, empty, invoke)) {
        for (int i = 0; i < WARM_UP; i++) {
          one.call();
        }
      }
      double[] ratios = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        double http = median(empty);
        double process = median(hop);
        double warm = median(invoke);
        ratios[round] = warm / (http + process);
        System.out.printf(
            "warm invoke p50 %.3f ms; empty HTTP answer %.3f ms, process hop %.3f ms; %.2f of both%n",
            warm, http, process, ratios[round]);
      }
      Arrays.sort(ratios);
      System.out.printf(
          "warm invoke: %.2f of an empty HTTP answer and a process hop%n", ratios[ROUNDS / 2]);
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
        answered += answer.statusCode() == 200 && !error ? 1 : 0;
        failed += answer.statusCode() == 200 && !error ? 0 : 1;
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

  private static double median(Callable<?> call) throws Exception {
    long[] nanos = new long[CALLS];
    for (int i = 0; i < CALLS; i++) {
      long begun = System.nanoTime();
      call.call();
      nanos[i] = System.nanoTime() - begun;
    }
    Arrays.sort(nanos);
    return nanos[CALLS / 2] / 1e6;
  }
}
