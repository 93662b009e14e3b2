package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.batch.testkit.BusyboxImage;
import dev.spillway.batch.testkit.RequiresDocker;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.batch.BatchClient;
import software.amazon.awssdk.services.batch.model.CEType;
import software.amazon.awssdk.services.batch.model.CRType;
import software.amazon.awssdk.services.batch.model.ComputeEnvironmentOrder;
import software.amazon.awssdk.services.batch.model.JobDefinitionType;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.MountPoint;
import software.amazon.awssdk.services.batch.model.ResourceRequirement;
import software.amazon.awssdk.services.batch.model.ResourceType;
import software.amazon.awssdk.services.batch.model.Volume;

/**
 * A hundred containers and a hundred processes, and a kill -9 of their servers: some end while no
 * server is there, the others afterwards. All are taken up again, none is run twice, and every log
 * has each of its lines once.
 */
@Tag("crash")
@RequiresDocker
class ReattachTest {
  private static final int JOBS = 100;
  private static final String LOOP =
      "i=0; while [ ! -e %1$s/go-$((AWS_BATCH_JOB_ARRAY_INDEX %% 2)) ]; do echo line $i;"
          + " i=$((i+1)); %2$s 1; done; echo line $i;"
          // An engine may stand still for good when very many containers end in the same moment.
          + " %2$s $((AWS_BATCH_JOB_ARRAY_INDEX / 8)); exit $((AWS_BATCH_JOB_ARRAY_INDEX %% 5))";

  @TempDir Path temp;
  private final List<LiveServer> servers = new ArrayList<>();

  @AfterEach
  void stop() {
    servers.forEach(LiveServer::close);
  }

  /** A server, its jobs, and the folder whose files let them go. */
  private final class Side {
    private final String runner;
    private final Path data;
    private final Path flags;
    private final Path config;
    private LiveServer server;
    private BatchClient batch;
    private String array;

    Side(String runner) throws Exception {
      this.runner = runner;
      this.data = temp.resolve(runner);
      // Processes have a /tmp of their own; what lies in images/ they are shown.
      this.flags = Files.createDirectories(data.resolve("images").resolve("flags"));
      this.config = temp.resolve(runner + ".yaml");
      for (Path folder : List.of(temp, data, flags.getParent(), flags)) {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
      Files.writeString(
          config,
          """
          runner: %s
          runner.process.images: [spillway-test/busybox]
          batch.hostVcpus: 256
          batch.hostMemory: 16 GiB
          batch.allowedHostPaths: %s
          """
              .formatted(runner, flags));
      serve();
    }

    void serve() {
      server = LiveServer.start(data, "--config", config.toString());
      servers.add(server);
      batch = client(server.url());
    }

    void submit() {
      boolean docker = runner.equals("docker");
      String script =
          docker ? LOOP.formatted("/flags", "/bin/busybox sleep") : LOOP.formatted(flags, "sleep");
      String[] command =
          docker
              ? new String[] {"/bin/busybox", "sh", "-c", script}
              : new String[] {"sh", "-c", script};
      batch.createComputeEnvironment(
          c ->
              c.computeEnvironmentName("many")
                  .type(CEType.MANAGED)
                  .computeResources(
                      r ->
                          r.type(CRType.EC2)
                              .minvCpus(0)
                              .maxvCpus(256)
                              .instanceTypes("c5.24xlarge")
                              .instanceRole("ecsInstanceRole")
                              .subnets("subnet-1")
                              .securityGroupIds("sg-1")));
      batch.createJobQueue(
          q ->
              q.jobQueueName("many")
                  .priority(1)
                  .computeEnvironmentOrder(
                      ComputeEnvironmentOrder.builder()
                          .order(1)
                          .computeEnvironment("many")
                          .build()));
      batch.registerJobDefinition(
          d ->
              d.jobDefinitionName("counting")
                  .type(JobDefinitionType.CONTAINER)
                  .containerProperties(
                      c -> {
                        c.image(BusyboxImage.NAME)
                            .command(command)
                            .resourceRequirements(
                                ResourceRequirement.builder()
                                    .type(ResourceType.VCPU)
                                    .value("1")
                                    .build(),
                                ResourceRequirement.builder()
                                    .type(ResourceType.MEMORY)
                                    .value("16")
                                    .build());
                        if (docker) {
                          c.volumes(
                                  Volume.builder()
                                      .name("flags")
                                      .host(h -> h.sourcePath(flags.toString()))
                                      .build())
                              .mountPoints(
                                  MountPoint.builder()
                                      .sourceVolume("flags")
                                      .containerPath("/flags")
                                      .readOnly(true)
                                      .build());
                        }
                      }));
      array =
          batch
              .submitJob(
                  s ->
                      s.jobName("counting")
                          .jobQueue("many")
                          .jobDefinition("counting")
                          .arrayProperties(a -> a.size(JOBS)))
              .jobId();
    }

    int count(JobStatus status) {
      return batch
          .listJobsPaginator(l -> l.arrayJobId(array).jobStatus(status))
          .jobSummaryList()
          .stream()
          .toList()
          .size();
    }

    void awaitCount(int wanted, JobStatus... statuses) {
      await()
          .atMost(Duration.ofMinutes(5))
          .pollInterval(Duration.ofMillis(500))
          .until(() -> Stream.of(statuses).mapToInt(this::count).sum() >= wanted);
    }

    List<JobDetail> children() {
      return batch
          .describeJobs(
              d -> d.jobs(IntStream.range(0, JOBS).mapToObj(i -> array + ":" + i).toList()))
          .jobs();
    }

    /** What went wrong, a line each. */
    List<String> faults() throws Exception {
      List<String> faults = new ArrayList<>();
      for (JobDetail child : children()) {
        int index = child.arrayProperties().index();
        if (child.attempts().size() != 1
            || !Integer.valueOf(index % 5)
                .equals(child.attempts().getFirst().container().exitCode())) {
          faults.add(
              "%s %d: %d attempts, %s, %s"
                  .formatted(
                      runner,
                      index,
                      child.attempts().size(),
                      child.statusReason(),
                      child.container().exitCode()));
        }
        List<String> lines = lines(child.jobId());
        List<String> whole = IntStream.range(0, lines.size()).mapToObj(i -> "line " + i).toList();
        if (lines.size() < 3 || !lines.equals(whole)) {
          faults.add("%s %d: log %s".formatted(runner, index, lines));
        }
      }
      return faults;
    }

    private List<String> lines(String jobId) throws Exception {
      String folder = jobId.replace(':', '_');
      try (Stream<Path> days = Files.list(data.resolve("logs"))) {
        for (Path day : days.filter(Files::isDirectory).toList()) {
          Path log = day.resolve(folder).resolve("1.log");
          if (Files.exists(log)) {
            return Files.readAllLines(log);
          }
        }
      }
      return List.of();
    }
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

  @Test
  void a_hundred_containers_and_a_hundred_processes_outlive_their_server() throws Exception {
    BusyboxImage.ensure();
    Side docker = new Side("docker");
    Side process = new Side("process");
    List<Side> sides = List.of(docker, process);
    sides.forEach(Side::submit);
    sides.forEach(side -> side.awaitCount(JOBS, JobStatus.RUNNING));
    Thread.sleep(2_000);

    sides.forEach(side -> side.server.kill9());
    for (Side side : sides) {
      Files.createFile(side.flags.resolve("go-0")); // half of them end while nobody looks
    }
    Thread.sleep(3_000);
    sides.forEach(Side::serve);
    sides.forEach(side -> side.awaitCount(JOBS / 2, JobStatus.SUCCEEDED, JobStatus.FAILED));
    sides.forEach(side -> assertThat(side.count(JobStatus.RUNNING)).isEqualTo(JOBS / 2));
    for (Side side : sides) {
      Files.createFile(side.flags.resolve("go-1"));
    }
    sides.forEach(side -> side.awaitCount(JOBS, JobStatus.SUCCEEDED, JobStatus.FAILED));

    List<String> faults = new ArrayList<>(docker.faults());
    faults.addAll(process.faults());
    System.out.printf(
        "re-attach: containers %d, processes %d, adopted and ended %d, wrong or run twice or log not whole %d%n",
        JOBS, JOBS, 2 * JOBS, faults.size());
    assertThat(faults).isEmpty();
  }
}
