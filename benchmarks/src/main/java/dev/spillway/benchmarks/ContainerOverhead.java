package dev.spillway.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
  private static final Pattern READY = Pattern.compile(".*ready in .*?(http://\\S+?:\\d+).*");

  private final HttpClient http = HttpClient.newHttpClient();
  private final String url;

  private ContainerOverhead(String url) {
    this.url = url;
  }

  public static void main(String[] args) throws Exception {
    int containers = args.length > 1 ? Integer.parseInt(args[1]) : 40;
    shell(
        "mkdir -p /tmp/spillway-bench-image/bin && cp /bin/busybox /tmp/spillway-bench-image/bin/"
            + " && tar -C /tmp/spillway-bench-image -c . | docker import - "
            + IMAGE
            + "; rm -r /tmp/spillway-bench-image");
    System.out.printf(
        "containers at once\tdocker run --rm, ms each\tas jobs, ms each\tratio of medians%n");
    for (int atOnce : new int[] {1, 8}) {
      compare(args[0], atOnce, atOnce == 1 ? containers / 2 : containers);
    }
    shell("docker rmi -f " + IMAGE);
  }

  private static void compare(String launcher, int atOnce, int containers) throws Exception {
    Path work = Files.createTempDirectory("spillway-bench");
    Path config = work.resolve("spillway.yaml");
    Files.writeString(config, "runner: docker\nbatch.hostVcpus: " + atOnce + "\n");
    Process server =
        new ProcessBuilder(
                launcher,
                "serve",
                "--port",
                "0",
                "--s3-port",
                "0",
                "--data",
                work.resolve("data").toString(),
                "--config",
                config.toString())
            .redirectError(work.resolve("server.log").toFile())
            .start();
    try {
      var bench = new ContainerOverhead(readUrl(server));
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
          1000 * median(plain) / containers,
          1000 * median(jobs) / containers,
          median(jobs) / median(plain));
    } finally {
      server.destroy();
      server.waitFor(30, TimeUnit.SECONDS);
      shell("rm -r " + work);
    }
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static double docker(int containers, int atOnce) throws Exception {
    long start = System.nanoTime();
    shell(
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
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(url + "/v1/" + operation))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IllegalStateException(answer.uri() + ": " + answer.statusCode() + answer.body());
    }
    return answer.body();
  }

  private static String readUrl(Process server) throws IOException {
    var out = new BufferedReader(new InputStreamReader(server.getInputStream()));
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      Matcher ready = READY.matcher(line);
      if (ready.matches()) {
        return ready.group(1);
      }
    }
    throw new IllegalStateException("the server ended before it was ready");
  }

  private static void shell(String command) throws Exception {
    Process process =
        new ProcessBuilder(List.of("sh", "-c", command))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (process.waitFor() != 0) {
      throw new IllegalStateException("failed: " + command);
    }
  }
}
