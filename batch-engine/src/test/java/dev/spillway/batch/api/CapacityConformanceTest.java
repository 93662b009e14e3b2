package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.testkit.BusyboxImage;
import dev.spillway.batch.testkit.RequiresDocker;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.batch.model.CEType;
import software.amazon.awssdk.services.batch.model.CRType;
import software.amazon.awssdk.services.batch.model.EvaluateOnExit;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.RetryAction;

/** Instances, their reclaiming, hosts and the ledger, next to what the AWS SDK sees of them. */
class CapacityConformanceTest extends ConformanceServer {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final EvaluateOnExit RETRY_LOST_HOST =
      EvaluateOnExit.builder().onStatusReason("Host EC2*").action(RetryAction.RETRY).build();

  private record Answer(int status, JsonNode body) {}

  private static Answer call(String method, String path, String body) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(URI.create(server.url() + path))
                  .method(method, HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), JSON.readTree(response.body()));
    }
  }

  private static void spot(String name) {
    batch.createComputeEnvironment(
        c ->
            c.computeEnvironmentName(name)
                .type(CEType.MANAGED)
                .computeResources(
                    r ->
                        r.type(CRType.SPOT)
                            .allocationStrategy("SPOT_CAPACITY_OPTIMIZED")
                            .minvCpus(0)
                            .maxvCpus(8)
                            .instanceTypes("c6i.large")
                            .instanceRole("ecsInstanceRole")
                            .subnets("subnet-1")
                            .securityGroupIds("sg-1")));
    queue(name, name);
  }

  private static int desired(String environment) {
    return batch
        .describeComputeEnvironments(d -> d.computeEnvironments(environment))
        .computeEnvironments()
        .getFirst()
        .computeResources()
        .desiredvCpus();
  }

  @Test
  void a_reclaimed_spot_instance_makes_its_job_retry_and_the_ledger_names_both_attempts()
      throws Exception {
    spot("market");
    assertThat(desired("market")).isZero();
    String job =
        submit(
                define("hang"),
                s ->
                    s.jobQueue("market")
                        .retryStrategy(r -> r.attempts(2).evaluateOnExit(List.of(RETRY_LOST_HOST))))
            .jobId();
    until(job, JobStatus.RUNNING);
    assertThat(desired("market")).isEqualTo(2);
    JsonNode instance =
        call("GET", "/instances?computeEnvironment=market", "").body().path("instances").get(0);
    String id = instance.path("instanceId").asText();
    assertThat(id).matches("i-[0-9a-f]{17}");
    assertThat(instance.path("market").asText()).isEqualTo("SPOT");
    assertThat(instance.path("jobs").get(0).asText()).isEqualTo(job);
    assertThat(instance.path("pricePerHour").asDouble()).isBetween(0.001, 0.085);
    Thread.sleep(20); // so that the first attempt costs something
    Answer reclaimed = call("POST", "/instances/" + id + ":reclaim", "{'notice':'PT0.1S'}");
    assertThat(reclaimed.status()).isEqualTo(202);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> job(job).attempts().size() == 1 && job(job).status() == JobStatus.RUNNING);
    assertThat(job(job).attempts().getFirst().statusReason())
        .isEqualTo("Host EC2 (instance " + id + ") terminated.");
    JsonNode ledger = call("GET", "/ledger?by=job&jobId=" + job, "").body();
    assertThat(ledger.path("lines")).hasSize(2);
    assertThat(ledger.at("/lines/0/instanceId").asText()).isEqualTo(id);
    assertThat(ledger.at("/lines/0/cost").asDouble()).isPositive();
    assertThat(ledger.at("/lines/0/running").asBoolean()).isFalse();
    assertThat(ledger.at("/lines/1/running").asBoolean()).isTrue();
    batch.terminateJob(t -> t.jobId(job).reason("enough"));
    ended(job);
    ledger = call("GET", "/ledger?by=job&jobId=" + job, "").body();
    double attempts = ledger.at("/lines/0/cost").asDouble() + ledger.at("/lines/1/cost").asDouble();
    assertThat(ledger.path("cost").asDouble()).isCloseTo(attempts, within(1e-9));
    JsonNode market = line("environment", "computeEnvironment", "market");
    assertThat(market.path("attemptCost").asDouble()).isCloseTo(attempts, within(1e-9));
    assertThat(market.path("idleCost").asDouble()).isPositive();
    assertThat(line("queue", "jobQueue", "market").path("cost").asDouble())
        .isCloseTo(attempts, within(1e-9));
    assertThat(line("share", "jobQueue", "market").path("attempts").asInt()).isEqualTo(2);
    assertThat(call("GET", "/ledger?by=day", "").body().path("lines")).isNotEmpty();
  }

  private static org.assertj.core.data.Offset<Double> within(double offset) {
    return org.assertj.core.data.Offset.offset(offset);
  }

  private static JsonNode line(String by, String member, String value) throws Exception {
    for (JsonNode line : call("GET", "/ledger?by=" + by, "").body().path("lines")) {
      if (line.path(member).asText().equals(value)) {
        return line;
      }
    }
    throw new AssertionError("the ledger by " + by + " has no line of " + value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST   | /instances/i-0:reclaim | {}                 | 404 | Instance i-0 not found",
        "POST   | /instances/i-0:reclaim | {'notice':'soon'}  | 400 | notice is soon; it should be",
        "POST   | /instances/i-0:reclaim | nonsense           | 400 | The request is not JSON",
        "GET    | /ledger?by=colour      | -                  | 400 | by is colour; it should be",
        "GET    | /ledger?by=job         | -                  | 400 | give the job too",
        "GET    | /ledger?jobId=none     | -                  | 404 | Job none not found",
        "POST   | /hosts                 | {}                 | 400 | computeEnvironment is missing",
        "POST   | /hosts | {'computeEnvironment':'ce','url':'x'} | 400 | it should be unix:///PATH",
        "POST   | /hosts | {'computeEnvironment':'no','url':'unix:///x'} | 400 | environment no not",
        "POST   | /hosts | {'computeEnvironment':'ce','url':'unix:///x'} | 400 | No Docker engine",
        "DELETE | /hosts/i-0             | -                  | 404 | Host i-0 not found",
      })
  void what_is_asked_for_wrongly_is_told(
      String method, String path, String body, int status, String message) throws Exception {
    Answer answer = call(method, path, body.equals("-") ? "" : body);
    assertThat(answer.body().path("message").asText()).contains(message);
    assertThat(answer.status()).isEqualTo(status);
  }

  @Test
  void an_on_demand_instance_cannot_be_reclaimed() throws Exception {
    String job = submit(define("hang"), s -> s).jobId();
    until(job, JobStatus.RUNNING);
    String id =
        call("GET", "/instances?computeEnvironment=ce", "")
            .body()
            .at("/instances/0/instanceId")
            .asText();
    Answer refused = call("POST", "/instances/" + id + ":reclaim", "");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.body().path("message").asText()).contains("is not a Spot instance");
    batch.terminateJob(t -> t.jobId(job).reason("enough"));
  }

  @Test
  void a_job_larger_than_this_host_runs_alone_and_says_so_and_the_next_waits_in_starting()
      throws Exception {
    environment("wide", 64);
    queue("wide", "wide");
    String wide = submit(defineOf(16, "hang"), s -> s.jobQueue("wide")).jobId();
    until(wide, JobStatus.RUNNING);
    String next = submit(define("hang"), s -> s.jobQueue("wide")).jobId();
    until(next, JobStatus.STARTING);
    assertThat(reason(wide))
        .isEqualTo(
            "It asked for 16 vCPU and 64 MiB; this host has 4 vCPU and 8192 MiB, so that it runs"
                + " alone and with no more than that.");
    assertThat(reason(next)).startsWith("Placed; waits for room on this host");
    batch.terminateJob(t -> t.jobId(wide).reason("enough"));
    until(next, JobStatus.RUNNING);
    assertThat(call("POST", "/v1/describejobs", "{'jobs':['" + next + "']}").body().at("/jobs/0"))
        .noneMatch(member -> member.asText().startsWith("Placed"));
    batch.terminateJob(t -> t.jobId(next).reason("enough"));
  }

  private static String reason(String job) throws Exception {
    return call("POST", "/v1/describejobs", "{'jobs':['" + job + "']}")
        .body()
        .at("/jobs/0/spillwayReason")
        .asText();
  }

  @Test
  @RequiresDocker
  void a_registered_docker_engine_runs_the_jobs_of_an_unmanaged_environment() throws Exception {
    BusyboxImage.ensure();
    batch.createComputeEnvironment(
        c ->
            c.computeEnvironmentName("own")
                .type(CEType.UNMANAGED)
                .serviceRole("arn:aws:iam::123456789012:role/batch"));
    queue("own", "own");
    String name = "jd-own";
    batch.registerJobDefinition(
        d ->
            d.jobDefinitionName(name)
                .type("container")
                .containerProperties(
                    p ->
                        p.image(BusyboxImage.NAME)
                            .command("/bin/busybox", "true")
                            .resourceRequirements(
                                List.of(
                                    requirement(
                                        software.amazon.awssdk.services.batch.model.ResourceType
                                            .VCPU,
                                        "1"),
                                    requirement(
                                        software.amazon.awssdk.services.batch.model.ResourceType
                                            .MEMORY,
                                        "64")))));
    String job = submit(name, s -> s.jobQueue("own")).jobId();
    until(job, JobStatus.RUNNABLE);
    String host =
        "{'computeEnvironment':'own','url':'unix:///var/run/docker.sock','vcpus':2,'memoryMib':512}";
    Answer added = call("POST", "/hosts", host);
    assertThat(added.status()).as(added.body().toString()).isEqualTo(201);
    var done = ended(job);
    assertThat(done.status()).as(done.statusReason()).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(done.container().exitCode()).isZero();
    String id = added.body().path("instanceId").asText();
    assertThat(call("GET", "/hosts", "").body().at("/hosts/0/phase").asText()).isEqualTo("UP");
    assertThat(call("POST", "/hosts", host).body().path("message").asText())
        .contains("is a host of compute environment own already");
    assertThat(call("DELETE", "/hosts/" + id, "").status()).isEqualTo(202);
    assertThat(call("GET", "/hosts", "").body().path("hosts")).isEmpty();
  }
}
