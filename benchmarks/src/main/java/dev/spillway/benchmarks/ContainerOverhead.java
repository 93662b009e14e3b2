package dev.spillway.benchmarks;

/**
 * What a container that does nothing costs as a job, from submit to SUCCEEDED, next to {@code
 * docker run --rm} of the same image in the same run, one at a time and eight at a time. The ratio
 * is the result. It needs a Docker engine and Debian's {@code busybox-static}.
 *
 * <p>Arguments: the launcher, the number of containers a round (default 40).
 */
public final class ContainerOverhead {
  private static final int ROUNDS = 5;
  private static final String IMAGE = "spillway-bench/busybox:1";

  private final BenchServer server;

  private ContainerOverhead(BenchServer server) {
    this.server = server;
  }

  public static void main(String[] args) throws Exception {
    int containers = args.length > 1 ? Integer.parseInt(args[1]) : 40;
    Shell.run(
        "mkdir -p /tmp/spillway-bench-image/bin && cp /bin/busybox /tmp/spillway-bench-image/bin/"
            + " && tar -C /tmp/spillway-bench-image -c . | docker import - "
            + IMAGE
            + "; rm -r /tmp/spillway-bench-image");
    System.out.printf(
        "containers at once\tdocker run --rm, ms each\tas jobs, ms each\tratio of medians%n");
    for (int atOnce : new int[] {1, 8}) {
      compare(args[0], atOnce, atOnce == 1 ? containers / 2 : containers);
    }
    Shell.run("docker rmi -f " + IMAGE);
  }

  private static void compare(String launcher, int atOnce, int containers) throws Exception {
    try (var server =
        new BenchServer(launcher, "runner: docker\nbatch.hostVcpus: " + atOnce + "\n")) {
      var bench = new ContainerOverhead(server);
      bench.define();
      double[] plain = new double[ROUNDS];
      double[] jobs = new double[ROUNDS];
      bench.run(containers);
      for (int round = 0; round < ROUNDS; round++) {
        plain[round] = docker(containers, atOnce);
        jobs[round] = bench.run(containers);
      }
      System.out.printf(
          "%d\t%.0f\t%.0f\t%.2f%n",
          atOnce,
          1000 * Median.of(plain) / containers,
          1000 * Median.of(jobs) / containers,
          Median.of(jobs) / Median.of(plain));
    }
  }

  private static double docker(int containers, int atOnce) throws Exception {
    long start = System.nanoTime();
    Shell.run(
        "seq "
            + containers
            + " | xargs -P"
            + atOnce
            + " -I_ docker run --rm "
            + IMAGE
            + " /bin/busybox true");
    return (System.nanoTime() - start) / 1e9;
  }

  /** Seconds from the submit of an array to its end. */
  private double run(int containers) throws Exception {
    long start = System.nanoTime();
    String answer =
        post(
            "submitjob",
            "{\"jobName\":\"true\",\"jobQueue\":\"bench\",\"jobDefinition\":\"true\",\"arrayProperties\":{\"size\":%d}}"
                .formatted(containers));
    String job = answer.replaceAll(".*\"jobId\":\"([^\"]*)\".*", "$1");
    while (true) {
      String now = post("describejobs", "{\"jobs\":[\"" + job + "\"]}");
      if (now.contains("\"status\":\"SUCCEEDED\"")) {
        return (System.nanoTime() - start) / 1e9;
      }
      if (now.contains("\"status\":\"FAILED\"")) {
        throw new IllegalStateException(now);
      }
      Thread.sleep(5);
    }
  }

  private void define() throws Exception {
    post(
        "createcomputeenvironment",
        """
        {"computeEnvironmentName":"bench","type":"MANAGED","computeResources":{"type":"EC2","minvCpus":0,
        "maxvCpus":256,"instanceTypes":["optimal"],"instanceRole":"r","subnets":["s"],"securityGroupIds":["g"]}}
        """);
    Thread.sleep(1_000);
    post(
        "createjobqueue",
        """
        {"jobQueueName":"bench","priority":1,"computeEnvironmentOrder":[{"order":1,"computeEnvironment":"bench"}]}
        """);
    post(
        "registerjobdefinition",
        """
        {"jobDefinitionName":"true","type":"container","containerProperties":{"image":"%s","command":["/bin/busybox",
        "true"],"resourceRequirements":[{"type":"VCPU","value":"1"},{"type":"MEMORY","value":"16"}]}}
        """
            .formatted(IMAGE));
  }

  private String post(String operation, String body) throws Exception {
    return server.post("/v1/" + operation, body);
  }
}
