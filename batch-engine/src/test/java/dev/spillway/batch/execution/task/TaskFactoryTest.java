package dev.spillway.batch.execution.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.ExecutionSettings;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.ContainerOptions;
import dev.spillway.batch.execution.Secrets;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobEvent;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.logs.LogStreams;
import dev.spillway.batch.testkit.Fixtures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a job asks for, as a runner gets it. */
class TaskFactoryTest {
  private static final Instant T0 = Instant.parse("2026-11-26T00:00:00Z");

  @TempDir Path data;
  private Path allowed;
  private TaskFactory factory;

  @BeforeEach
  void open() throws Exception {
    allowed = Files.createDirectory(data.resolve("allowed"));
    factory =
        new TaskFactory(
            new BatchSettings(
                    data,
                    "us-east-1",
                    "123456789012",
                    2,
                    1024,
                    Duration.ofSeconds(30),
                    "docker",
                    List.of(),
                    false,
                    10_000,
                    Duration.ofDays(1),
                    Duration.ofDays(1))
                .with(new ExecutionSettings(List.of(allowed), 1 << 20, 1024)),
            valueFrom -> {
              if (valueFrom.equals("known")) {
                return "the value";
              }
              throw new Secrets.NotFoundException("there is no secret " + valueFrom);
            },
            LogStreams.NONE);
  }

  private Attempt attempt(String container) {
    return attempts("{'container':" + container + "}").getFirst();
  }

  private List<Attempt> attempts(String members) {
    Job job =
        Job.submitted(Fixtures.aJob("j").build(), 1)
            .after(new JobEvent.Evaluated(List.of(), T0))
            .after(
                new JobEvent.Placed(
                    new Placement("ce", "cluster", "i-1", List.of(), "t".repeat(32), T0)));
    Task task = factory.of(job, new JobDetail(members.replace('\'', '"'), "{}"));
    return task.outline().containers().stream()
        .map(c -> task.source().of(c, Optional.of("10.0.0.9")))
        .toList();
  }

  @Test
  void what_is_larger_than_the_host_gets_what_the_host_has() {
    Attempt attempt = attempt("{'image':'i','vcpus':16,'memory':65536}");
    assertThat(attempt.vcpus()).isEqualTo(2);
    assertThat(attempt.memoryMib()).isEqualTo(1024);
  }

  @Test
  void a_secret_becomes_a_variable_and_one_that_is_missing_stops_the_start() {
    assertThat(
            attempt("{'image':'i','secrets':[{'name':'PASSWORD','valueFrom':'known'}]}")
                .environment())
        .containsEntry("PASSWORD", "the value");
    assertThatThrownBy(() -> attempt("{'image':'i','secrets':[{'name':'P','valueFrom':'other'}]}"))
        .isInstanceOf(NotRunnableException.class)
        .hasMessage("ResourceInitializationError: there is no secret other");
  }

  @Test
  void a_host_path_must_be_allowed_wherever_links_lead() throws Exception {
    Files.createSymbolicLink(allowed.resolve("link"), Path.of("/etc"));
    assertThat(mount(allowed.resolve("made-later").toString()).options().mounts())
        .singleElement()
        .satisfies(
            m ->
                assertThat(m.hostPath())
                    .hasValue(allowed.toRealPath().resolve("made-later").toString()));
    for (String path :
        List.of(
            "/etc",
            allowed.resolve("../other").toString(),
            allowed.resolve("link").toString(),
            allowed.resolve("link/passwd").toString())) {
      assertThatThrownBy(() -> mount(path))
          .as(path)
          .isInstanceOf(NotRunnableException.class)
          .hasMessageContaining("batch.allowedHostPaths");
    }
    assertThatThrownBy(
            () -> attempt("{'image':'i','linuxParameters':{'devices':[{'hostPath':'/dev/sda'}]}}"))
        .hasMessageContaining("/dev/sda");
  }

  private Attempt mount(String path) {
    return attempt(
        "{'image':'i','volumes':[{'name':'v','host':{'sourcePath':'"
            + path
            + "'}}],'mountPoints':[{'sourceVolume':'v','containerPath':'/v','readOnly':true}]}");
  }

  @Test
  void host_namespaces_and_foreign_file_systems_are_refused_by_name() {
    assertThatThrownBy(() -> attempt("{'image':'i','pidMode':'host'}"))
        .hasMessageContaining("batch.allowPrivileged");
    assertThatThrownBy(
            () ->
                attempt(
                    "{'image':'i','volumes':[{'name':'v','efsVolumeConfiguration':{}}],'mountPoints':[{'sourceVolume':'v','containerPath':'/v'}]}"))
        .hasMessageContaining("efsVolumeConfiguration");
  }

  @Test
  void every_member_reaches_the_runner() {
    ContainerOptions options =
        attempt(
                "{'image':'i','ulimits':[{'name':'nofile','softLimit':1,'hardLimit':2}],'ephemeralStorage':{'sizeInGiB':30},"
                    + "'resourceRequirements':[{'type':'GPU','value':'2'}],'linuxParameters':{'initProcessEnabled':true,"
                    + "'sharedMemorySize':8,'maxSwap':16,'swappiness':5,'tmpfs':[{'containerPath':'/t','size':4,'mountOptions':['ro']}]}}")
            .options();
    assertThat(options.ulimits()).containsExactly(new ContainerOptions.Ulimit("nofile", 1, 2));
    assertThat(options.scratchGib()).hasValue(30);
    assertThat(options.gpus()).isEqualTo(2);
    assertThat(options.linux().init()).isTrue();
    assertThat(options.linux().sharedMemoryMib()).hasValue(8);
    assertThat(options.linux().maxSwapMib()).hasValue(16);
    assertThat(options.linux().swappiness()).hasValue(5);
    assertThat(options.linux().tmpfs())
        .containsExactly(new ContainerOptions.Tmpfs("/t", 4, List.of("ro")));
    assertThat(options.instance()).hasValue("i-1");
  }

  @Test
  void a_fargate_task_has_a_network_of_its_own() {
    assertThat(
            attempts("{'platformCapabilities':['FARGATE'],'container':{'image':'i'}}")
                .getFirst()
                .options()
                .instance())
        .isEmpty();
  }

  @Test
  void nodes_know_each_other() {
    List<Attempt> nodes =
        attempts(
            "{'nodeProperties':{'numNodes':2,'mainNode':1,'nodeRangeProperties':[{'targetNodes':'0:','container':{'image':'i'}}]}}");
    assertThat(nodes.get(0).environment())
        .containsEntry("AWS_BATCH_JOB_ID", "j#0")
        .containsEntry("AWS_BATCH_JOB_NODE_INDEX", "0")
        .containsEntry("AWS_BATCH_JOB_NUM_NODES", "2")
        .containsEntry("AWS_BATCH_JOB_MAIN_NODE_INDEX", "1")
        .containsEntry("AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS", "10.0.0.9");
    assertThat(nodes.get(0).log()).isNotEqualTo(nodes.get(1).log());
    assertThat(nodes.get(0).options().task().orElseThrow().ownNetwork()).isTrue();
  }

  @Test
  void the_environment_is_never_shown() {
    assertThat(attempt("{'image':'i','secrets':[{'name':'P','valueFrom':'known'}]}").toString())
        .doesNotContain("the value");
  }
}
