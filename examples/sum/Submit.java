import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Submits the sum as a multi-node parallel job, and waits for it. Argument: the server's URL. */
final class Submit {
  private static final int NODES = 4;
  private static final long TO = 1_000_000_000L;

  private final HttpClient http = HttpClient.newHttpClient();
  private final String server;

  private Submit(String server) {
    this.server = server;
  }

  public static void main(String[] args) throws Exception {
    if (args.length != 1) {
      System.err.println("usage: java Submit.java http://127.0.0.1:8080");
      System.exit(2);
    }
    System.exit(new Submit(args[0]).run());
  }

  private int run() throws Exception {
    if (!post("describejobqueues", "{\"jobQueues\":[\"gangs\"]}").contains("\"gangs\"")) {
      prepare();
    }
    String job =
        value(
            post(
                "submitjob",
                "{\"jobName\":\"sum\",\"jobQueue\":\"gangs\",\"jobDefinition\":\"sum\"}"),
            "jobId");
    System.out.println("job     " + job);
    String status = "";
    while (!status.equals("SUCCEEDED") && !status.equals("FAILED")) {
      Thread.sleep(500);
      String now = value(describe(job), "status");
      if (!now.equals(status)) {
        System.out.println("status  " + now);
        status = now;
      }
    }
    for (int node = 0; node < NODES; node++) {
      String told = describe(job + "#" + node);
      System.out.printf("node %d  %s%n", node, value(told, "status"));
    }
    String log = get("/batch/logs?jobId=" + URLEncoder.encode(job + "#0", StandardCharsets.UTF_8));
    Matcher lines = Pattern.compile("\"message\":\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(log);
    while (lines.find()) {
      System.out.println("log     " + lines.group(1).replace("\\\"", "\""));
    }
    return status.equals("SUCCEEDED") ? 0 : 1;
  }

  private void prepare() throws Exception {
    post(
        "createcomputeenvironment",
        """
        {"computeEnvironmentName": "gangs", "type": "MANAGED", "computeResources": {
          "type": "EC2", "allocationStrategy": "BEST_FIT_PROGRESSIVE", "minvCpus": 0, "maxvCpus": 32,
          "instanceTypes": ["c6i.large"], "instanceRole": "ecsInstanceRole",
          "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}}
        """);
    Thread.sleep(1_000);
    post(
        "createjobqueue",
        """
        {"jobQueueName": "gangs", "priority": 1,
          "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "gangs"}]}
        """);
    post(
        "registerjobdefinition",
        """
        {"jobDefinitionName": "sum", "type": "multinode", "nodeProperties": {
          "numNodes": %d, "mainNode": 0, "nodeRangeProperties": [{"targetNodes": "0:", "container": {
            "image": "spillway/workloads:latest", "command": ["sum", "--to", "%d"],
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "256"}]}}]}}
        """
            .formatted(NODES, TO));
  }

  private String describe(String job) throws Exception {
    return post("describejobs", "{\"jobs\":[\"" + job + "\"]}");
  }

  private String post(String operation, String body) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(URI.create(server + "/v1/" + operation))
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private String get(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(server + path)));
  }

  private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() >= 300) {
      throw new IOException(answer.statusCode() + ": " + answer.body());
    }
    return answer.body();
  }

  /** The first member of that name: enough for answers of one thing. */
  private static String value(String json, String member) {
    Matcher found = Pattern.compile("\"" + member + "\":\"([^\"]*)\"").matcher(json);
    if (!found.find()) {
      throw new IllegalStateException("no " + member + " in " + json);
    }
    return found.group(1);
  }
}
