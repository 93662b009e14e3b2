package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.batch.BatchClient;
import software.amazon.awssdk.services.batch.model.CEState;
import software.amazon.awssdk.services.batch.model.CEType;
import software.amazon.awssdk.services.batch.model.CRType;
import software.amazon.awssdk.services.batch.model.ComputeEnvironmentOrder;
import software.amazon.awssdk.services.batch.model.JobDefinitionType;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.ResourceRequirement;
import software.amazon.awssdk.services.batch.model.ResourceType;

/** Two hundred queued jobs, a kill -9 in the middle, and one end for each of them. */
@Tag("crash")
class QueuedJobsSurviveKillTest {
  private static final int JOBS = 200;
  private static final int KILLS = 2;

  @TempDir Path temp;

  @Test
  void all_200_jobs_reach_exactly_one_terminal_record_over_two_kills() throws Exception {
    Path data = temp.resolve("data");
    // The jobs append here; more than one line of a name means that it was run again.
    // In a folder that jobs reach although the data folder is in /tmp, of which they have their
    // own.
    Path ran = Files.createDirectories(data.resolve("images/ran"));
    setWorldWritable(temp, data, ran);
    Path config = temp.resolve("spillway.yaml");
    Files.writeString(
        config,
        """
        runner: process
        runner.process.images: [busybox]
        batch.hostVcpus: 4
        """);
    String[] options = {"--config", config.toString()};

    List<String> jobIds = new ArrayList<>();
    LiveServer server = LiveServer.start(data, options);
    try {
      BatchClient batch = client(server.url());
      define(batch);
      for (int i = 0; i < JOBS; i++) {
        String mark = ran.resolve("job-" + i).toString();
        jobIds.add(
            batch
                .submitJob(
                    s ->
                        s.jobName("kill-test")
                            .jobQueue("q")
                            .jobDefinition("append")
                            .parameters(Map.of("mark", mark)))
                .jobId());
      }
      for (int kill = 0; kill < KILLS; kill++) {
        BatchClient now = client(server.url());
        int target = (kill + 1) * JOBS / (KILLS + 2);
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(20))
            .until(() -> ended(now, jobIds) >= target);
        server.kill9();
        server = LiveServer.start(data, options);
      }
      BatchClient last = client(server.url());
      Awaitility.await()
          .atMost(Duration.ofSeconds(120))
          .pollInterval(Duration.ofMillis(200))
          .until(() -> ended(last, jobIds) == JOBS);

      Map<String, JobDetail> found = new HashMap<>();
      describe(last, jobIds).forEach(job -> found.put(job.jobId(), job));
      assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(jobIds);
      assertThat(found.values())
          .allSatisfy(
              job -> {
                assertThat(job.status()).isEqualTo(JobStatus.SUCCEEDED);
                assertThat(job.attempts()).hasSize(1);
              });
      assertThat(raw(server, jobIds.getFirst())).contains("\"spillwayIsolation\":\"user ");
      int runs = 0;
      for (int i = 0; i < JOBS; i++) {
        List<String> lines = Files.readAllLines(ran.resolve("job-" + i));
        assertThat(lines).as("job %d was run", i).isNotEmpty();
        runs += lines.size();
      }
      System.out.printf(
          "jobs: %d, ended: %d, kills: %d, re-executions: %d%n",
          JOBS, found.size(), KILLS, runs - JOBS);
      assertThat(runs).isGreaterThanOrEqualTo(JOBS);
    } finally {
      server.close();
    }
  }

  /** As no SDK shows it: with the members that AWS has not. */
  private static String raw(LiveServer server, String jobId) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(server.url().resolve("/v1/describejobs"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"jobs\":[\"" + jobId + "\"]}"))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static void define(BatchClient batch) {
    batch.createComputeEnvironment(
        c ->
            c.computeEnvironmentName("ce")
                .type(CEType.MANAGED)
                .state(CEState.ENABLED)
                .computeResources(
                    r ->
                        r.type(CRType.EC2)
                            .minvCpus(0)
                            .maxvCpus(4)
                            .instanceTypes("optimal")
                            .instanceRole("ecsInstanceRole")
                            .subnets("subnet-1")
                            .securityGroupIds("sg-1")));
    batch.createJobQueue(
        q ->
            q.jobQueueName("q")
                .priority(1)
                .computeEnvironmentOrder(
                    ComputeEnvironmentOrder.builder().order(1).computeEnvironment("ce").build()));
    batch.registerJobDefinition(
        d ->
            d.jobDefinitionName("append")
                .type(JobDefinitionType.CONTAINER)
                .containerProperties(
                    c ->
                        c.image("busybox")
                            .command("/bin/sh", "-c", "echo run >> Ref::mark; sleep 0.05")
                            .resourceRequirements(
                                need(ResourceType.VCPU, "1"), need(ResourceType.MEMORY, "32"))));
  }

  private static ResourceRequirement need(ResourceType type, String value) {
    return ResourceRequirement.builder().type(type).value(value).build();
  }

  private static int ended(BatchClient batch, List<String> jobIds) {
    return (int)
        describe(batch, jobIds).stream()
            .filter(j -> j.status() == JobStatus.SUCCEEDED || j.status() == JobStatus.FAILED)
            .count();
  }

  private static List<JobDetail> describe(BatchClient batch, List<String> jobIds) {
    List<JobDetail> all = new ArrayList<>();
    for (int from = 0; from < jobIds.size(); from += 100) {
      List<String> page = jobIds.subList(from, Math.min(jobIds.size(), from + 100));
      all.addAll(batch.describeJobs(d -> d.jobs(page)).jobs());
    }
    return all;
  }

  private static BatchClient client(URI url) {
    return BatchClient.builder()
        .endpointOverride(url)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }

  private static void setWorldWritable(Path... folders) {
    for (Path folder : folders) {
      assertThat(folder.toFile().setWritable(true, false)).isTrue();
      assertThat(folder.toFile().setReadable(true, false)).isTrue();
      assertThat(folder.toFile().setExecutable(true, false)).isTrue();
    }
  }
}
