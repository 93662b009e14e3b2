package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.batch.testkit.BusyboxImage;
import dev.spillway.batch.testkit.RequiresDocker;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.batch.BatchClient;
import software.amazon.awssdk.services.batch.model.CEType;
import software.amazon.awssdk.services.batch.model.CRType;
import software.amazon.awssdk.services.batch.model.JobDefinitionType;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.ResourceRequirement;
import software.amazon.awssdk.services.batch.model.ResourceType;

/**
 * A data folder on a disk that fills up while a container runs: what was acknowledged is kept, what
 * runs is not lost, and the server goes on once there is room. It needs root, to mount a small
 * disk.
 */
@Tag("crash")
@RequiresDocker
@SuppressWarnings("unchecked") // the SDK's varargs of builders
class DiskFullTest {
  @TempDir Path temp;
  private Path disk;
  private LiveServer server;

  @BeforeEach
  void mount() throws Exception {
    BusyboxImage.ensure();
    disk = Files.createDirectory(temp.resolve("disk"));
    run("mount", "-t", "tmpfs", "-o", "size=192m,mode=755", "tmpfs", disk.toString());
  }

  @AfterEach
  void unmount() throws Exception {
    if (server != null) {
      server.kill9();
    }
    run("umount", "-l", disk.toString());
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .as(String.join(" ", command))
        .isZero();
  }

  private BatchClient serve() {
    server = LiveServer.start(disk.resolve("data"), "--runner", "docker");
    return BatchClient.builder()
        .endpointOverride(server.url())
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
        .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()))
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }

  private void fill() throws IOException {
    byte[] piece = new byte[1 << 16];
    for (int size : new int[] {piece.length, 4096, 1}) {
      try (OutputStream out = Files.newOutputStream(disk.resolve("filler-" + size))) {
        while (true) {
          out.write(piece, 0, size);
        }
      } catch (IOException full) {
        // As wanted.
      }
    }
  }

  @Test
  void what_was_acknowledged_is_kept_and_what_runs_is_adopted() throws Exception {
    BatchClient batch = serve();
    define(batch);
    String running = submit(batch, "long");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> job(batch, running).status() == JobStatus.RUNNING);

    List<String> acknowledged = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      acknowledged.add(submit(batch, "short"));
    }
    fill();
    int refused = 0;
    for (int i = 0; i < 200 && refused < 20; i++) {
      try {
        acknowledged.add(submit(batch, "short"));
      } catch (SdkException e) {
        refused++;
      }
    }
    for (int size : new int[] {1 << 16, 4096, 1}) {
      Files.deleteIfExists(disk.resolve("filler-" + size));
    }
    server.kill9();
    BatchClient again = serve();

    await()
        .atMost(Duration.ofSeconds(90))
        .until(() -> job(again, running).status() == JobStatus.SUCCEEDED);
    assertThat(job(again, running).attempts()).hasSize(1);
    for (String id : acknowledged) {
      await()
          .atMost(Duration.ofSeconds(90))
          .until(() -> job(again, id).status() == JobStatus.SUCCEEDED);
    }
    String later = submit(again, "short");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> job(again, later).status() == JobStatus.SUCCEEDED);
    System.out.printf(
        "disk full: acknowledged %d, lost 0; refused %d, never with half a record%n",
        acknowledged.size(), refused);
    assertThat(refused).isPositive();
  }

  private static JobDetail job(BatchClient batch, String id) {
    return batch.describeJobs(d -> d.jobs(id)).jobs().getFirst();
  }

  private static String submit(BatchClient batch, String definition) {
    return batch
        .submitJob(s -> s.jobName(definition).jobQueue("disk").jobDefinition(definition))
        .jobId();
  }

  private static void define(BatchClient batch) throws InterruptedException {
    batch.createComputeEnvironment(
        c ->
            c.computeEnvironmentName("disk")
                .type(CEType.MANAGED)
                .computeResources(
                    r ->
                        r.type(CRType.EC2)
                            .minvCpus(0)
                            .maxvCpus(16)
                            .instanceTypes("c6i.large")
                            .instanceRole("ecsInstanceRole")
                            .subnets("subnet-1")
                            .securityGroupIds("sg-1")));
    Thread.sleep(1_000);
    batch.createJobQueue(
        q ->
            q.jobQueueName("disk")
                .priority(1)
                .computeEnvironmentOrder(o -> o.order(1).computeEnvironment("disk")));
    for (String[] one : new String[][] {{"long", "15"}, {"short", "0"}}) {
      batch.registerJobDefinition(
          d ->
              d.jobDefinitionName(one[0])
                  .type(JobDefinitionType.CONTAINER)
                  .containerProperties(
                      c ->
                          c.image(BusyboxImage.NAME)
                              .command("/bin/busybox", "sleep", one[1])
                              .resourceRequirements(
                                  ResourceRequirement.builder()
                                      .type(ResourceType.VCPU)
                                      .value("1")
                                      .build(),
                                  ResourceRequirement.builder()
                                      .type(ResourceType.MEMORY)
                                      .value("16")
                                      .build())));
    }
  }
}
