package dev.spillway.batch.execution.docker;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.ExecutorContract;
import dev.spillway.batch.testkit.BusyboxImage;
import dev.spillway.batch.testkit.RequiresDocker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract, on a real engine. */
@RequiresDocker
class DockerExecutorTest extends ExecutorContract {
  private static final DataFolderId FOLDER = new DataFolderId(UUID.randomUUID().toString());
  private static DockerEngine engine;
  private static DockerNetwork network;

  @BeforeAll
  static void prepare() {
    BusyboxImage.ensure();
    engine = DockerEngine.find().orElseThrow();
    network = DockerNetwork.ensure(engine, FOLDER);
  }

  @AfterAll
  static void clean() {
    network.remove(engine);
    engine.close();
  }

  @Override
  protected Executor open() {
    return new DockerExecutor(
        settings(), engine, network, FOLDER, around(), InstantSource.system());
  }

  @Override
  protected void tearDown() {
    containers().find().forEach(one -> containers().remove(one.containerId()));
  }

  @Override
  protected String tool(String name) {
    return "/bin/busybox " + name;
  }

  @Override
  protected String image() {
    return BusyboxImage.NAME;
  }

  @Override
  protected boolean traceOf(AttemptId attempt) {
    return containers().find().stream().anyMatch(one -> one.attempt().equals(attempt));
  }

  @Override
  protected boolean hasEndedUnseen(AttemptId attempt) {
    return containers()
        .state(containers().name(attempt))
        .filter(state -> "exited".equals(state.getStatus()))
        .isPresent();
  }

  private static Containers containers() {
    return new Containers(engine.client(), FOLDER, network.name(), around());
  }

  @Test
  void a_container_has_its_limits_its_network_and_one_name() {
    Attempt attempt = attempt("limits:2", "exit 0");

    begin(attempt);

    assertThat(exitCode(attempt)).hasValue(0);
    InspectContainerResponse container =
        engine.client().inspectContainerCmd(containers().name(attempt.id())).exec();
    assertThat(container.getHostConfig().getCpuShares()).isEqualTo(256);
    assertThat(container.getHostConfig().getMemory()).isEqualTo(64L << 20);
    assertThat(container.getHostConfig().getMemorySwap()).isEqualTo(64L << 20);
    assertThat(container.getNetworkSettings().getNetworks()).containsOnlyKeys(network.name());
    assertThat(container.getName()).contains("limits.2-1");
  }

  @Test
  void a_job_that_takes_too_much_memory_is_told_in_awss_words() {
    Attempt attempt = attempt("memory", "x=0123456789; while :; do x=$x$x; done");

    begin(attempt);

    assertThat(exit(attempt).reason())
        .hasValue("OutOfMemoryError: Container killed due to memory usage");
    assertThat(exitCode(attempt)).hasValue(137);
  }

  @Test
  void a_container_reaches_the_server_at_the_networks_gateway() throws Exception {
    try (var server = new java.net.ServerSocket(0, 1, network.gateway())) {
      Thread.ofVirtual().start(() -> greetOne(server));
      Attempt attempt =
          attempt(
              "gateway",
              "/bin/busybox nc "
                  + network.gateway().getHostAddress()
                  + " "
                  + server.getLocalPort()
                  + " </dev/null");

      begin(attempt);

      assertThat(exitCode(attempt)).hasValue(0);
      assertThat(log(attempt)).isEqualTo("hello\n");
    }
  }

  private static void greetOne(java.net.ServerSocket server) {
    try (var client = server.accept()) {
      client.getOutputStream().write("hello\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void lines_longer_than_a_piece_of_the_engines_log_and_many_of_them_come_whole() {
    Attempt attempt =
        attempt(
            "lines",
            "x=0123456789abcdef; x=$x$x$x$x; x=$x$x$x$x; x=$x$x$x$x; x=$x$x$x$x; x=$x$x$x$x;"
                + " echo $x$x$x; /bin/busybox sleep 0.5; i=0; while [ $i -lt 3000 ]; do echo line $i; echo line $i >&2;"
                + " i=$((i+1)); done");

    begin(attempt);

    assertThat(exitCode(attempt)).hasValue(0);
    assertThat(log(attempt).lines().findFirst().orElseThrow()).hasSize(3 * 16 * 1024);
    assertThat(log(attempt).lines().skip(1).filter(line -> !line.matches("line \\d+"))).isEmpty();
    assertThat(log(attempt).lines().count()).isEqualTo(6001);
  }

  @Test
  void the_network_is_made_once() {
    assertThat(DockerNetwork.ensure(engine, FOLDER)).isEqualTo(network);
  }

  @Test
  void the_engine_tells_its_version_and_a_dead_address_is_not_waited_for() {
    assertThat(engine.version()).matches("\\d+\\..*");
    var nobody =
        DefaultDockerClientConfig.createDefaultConfigBuilder()
            .withDockerHost("unix:///nonexistent/docker.sock")
            .build();
    long start = System.nanoTime();

    assertThat(DockerEngine.find(nobody)).isEmpty();

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
  }
}
