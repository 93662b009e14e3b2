package dev.spillway.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server in a JVM of its own: durable submits a second over HTTP, and no-op jobs a second from
 * submit to SUCCEEDED, next to what {@code xargs -P2 -n1 true} and an HTTP answer without work do
 * on the same machine in the same run. The ratios are the result; the machine is noisy.
 *
 * <p>Arguments: the launcher, the number of jobs (default 2000), how many run at once (default 2,
 * as with xargs).
 */
public final class EndToEnd {
  private static final int CLIENTS = 16;
  private static final String SUBMIT =
      "{\"jobName\":\"noop\",\"jobQueue\":\"bench\",\"jobDefinition\":\"noop\"}";

  /** To a queue whose environment takes nothing: the call alone. */
  private static final String SUBMIT_HELD =
      "{\"jobName\":\"held\",\"jobQueue\":\"held\",\"jobDefinition\":\"noop\"}";

  private final BenchServer server;

  private EndToEnd(BenchServer server) {
    this.server = server;
  }

  public static void main(String[] args) throws Exception {
    String launcher = args[0];
    int jobs = args.length > 1 ? Integer.parseInt(args[1]) : 2000;
    int atOnce = args.length > 2 ? Integer.parseInt(args[2]) : 2;
    try (var server =
        new BenchServer(
            launcher,
            "runner: process\nrunner.process.images: [busybox]\nbatch.hostVcpus: "
                + atOnce
                + "\n")) {
      new EndToEnd(server).measure(jobs);
    }
  }

  private void measure(int jobs) throws Exception {
    define();
    // Checked and answered like every call, but there is nothing to do.
    concurrently(CLIENTS, 2000, "/v1/describejobs", "{\"jobs\":[]}");
    double floor = jobs / concurrently(CLIENTS, jobs, "/v1/describejobs", "{\"jobs\":[]}");
    double alone = 500 / concurrently(1, 500, "/v1/describejobs", "{\"jobs\":[]}");
    double xargs = jobs / xargs(jobs);
    drain(submitAll(500));
    concurrently(CLIENTS, 2000, "/v1/submitjob", SUBMIT_HELD);
    double held = jobs / concurrently(CLIENTS, jobs, "/v1/submitjob", SUBMIT_HELD);
    double fsyncs = Fsync.perSecond(Path.of("."));
    double one = 500 / concurrently(1, 500, "/v1/submitjob", SUBMIT_HELD);

    long start = System.nanoTime();
    int submitted = submitAll(jobs);
    double submits = jobs / seconds(start);
    System.err.println("submitted " + submitted + " jobs, waiting for their ends");
    drain(submitted);
    double throughput = jobs / seconds(start);
    xargs = Math.max(xargs, jobs / xargs(jobs));

    System.out.printf("measure\tper second\tratio%n");
    System.out.printf("empty POST, %d clients\t%.0f\t1.00%n", CLIENTS, floor);
    System.out.printf(
        "durable SubmitJob, %d clients\t%.0f\t%.2f of an empty POST%n",
        CLIENTS, held, held / floor);
    System.out.printf(
        "durable SubmitJob while the jobs run\t%.0f\t%.2f of an empty POST%n",
        submits, submits / floor);
    System.out.printf("fsync of one page, one thread\t%.0f\t1.00%n", fsyncs);
    System.out.printf("empty POST, one client\t%.0f\t%n", alone);
    System.out.printf(
        "durable SubmitJob, one client\t%.0f\t%.2f of one empty POST and one fsync%n",
        one, one * (1 / alone + 1 / fsyncs));
    System.out.printf("xargs -P2 -n1 true\t%.0f\t1.00%n", xargs);
    System.out.printf(
        "no-op jobs, submit to SUCCEEDED\t%.0f\t%.2f of xargs%n", throughput, throughput / xargs);
  }

  private void define() throws Exception {
    server.post(
        "/v1/createcomputeenvironment",
        """
        {"computeEnvironmentName":"held","type":"MANAGED","state":"ENABLED","computeResources":{"type":"EC2",
        "minvCpus":0,"maxvCpus":0,"instanceTypes":["optimal"],"instanceRole":"r","subnets":["s"],"securityGroupIds":["g"]}}
        """);
    server.post(
        "/v1/createjobqueue",
        """
        {"jobQueueName":"held","priority":1,"computeEnvironmentOrder":[{"order":1,"computeEnvironment":"held"}]}
        """);
    server.post(
        "/v1/createcomputeenvironment",
        """
        {"computeEnvironmentName":"bench","type":"MANAGED","state":"ENABLED","computeResources":{"type":"EC2",
        "minvCpus":0,"maxvCpus":256,"instanceTypes":["optimal"],"instanceRole":"r","subnets":["s"],"securityGroupIds":["g"]}}
        """);
    server.post(
        "/v1/createjobqueue",
        """
        {"jobQueueName":"bench","priority":1,"computeEnvironmentOrder":[{"order":1,"computeEnvironment":"bench"}]}
        """);
    server.post(
        "/v1/registerjobdefinition",
        """
        {"jobDefinitionName":"noop","type":"container","containerProperties":{"image":"busybox","command":["/bin/true"],
        "resourceRequirements":[{"type":"VCPU","value":"1"},{"type":"MEMORY","value":"16"}]}}
        """);
  }

  private int submitAll(int jobs) throws Exception {
    concurrently(CLIENTS, jobs, "/v1/submitjob", SUBMIT);
    return jobs;
  }

  /** Waits until nothing of the queue is left alive. */
  private void drain(int jobs) throws Exception {
    for (String status : List.of("RUNNABLE", "STARTING", "RUNNING")) {
      while (server
          .post(
              "/v1/listjobs",
              "{\"jobQueue\":\"bench\",\"maxResults\":1,\"jobStatus\":\"" + status + "\"}")
          .contains("\"jobId\"")) {
        Thread.sleep(5);
      }
    }
  }

  private double concurrently(int clientCount, int requests, String path, String body)
      throws Exception {
    AtomicInteger next = new AtomicInteger();
    long start = System.nanoTime();
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < clientCount; i++) {
        running.add(
            clients.submit(
                () -> {
                  while (next.getAndIncrement() < requests) {
                    server.post(path, body);
                  }
                  return null;
                }));
      }
      for (Future<?> client : running) {
        client.get();
      }
    }
    return seconds(start);
  }

  private static double xargs(int runs) throws Exception {
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder("sh", "-c", "seq " + runs + " | xargs -P2 -n1 /bin/true").start();
    process.waitFor();
    return seconds(start);
  }

  private static double seconds(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e9;
  }
}
