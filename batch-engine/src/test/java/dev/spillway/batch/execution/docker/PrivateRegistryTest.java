package dev.spillway.batch.execution.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.AuthConfig;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ContainerOptions;
import dev.spillway.batch.execution.ContainerOptions.RegistryCredentials;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.testkit.BusyboxImage;
import dev.spillway.batch.testkit.RequiresDocker;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's {@code docker-registry}, which wants a name and a password. */
@RequiresDocker
class PrivateRegistryTest {
  private static final String REGISTRY = "/usr/bin/docker-registry";
  private static final String PASSWORD = "lock-and-key";

  /** Of the password, by bcrypt. */
  private static final String HTPASSWD =
      "keeper:$2b$04$PBYMotk7xqyyKnESzfkwdOXzXZkWHzfTV.G6n.VciAWu3tnVRtwvC\n";

  @TempDir Path data;
  private Process registry;
  private String image;
  private DockerRig rig;

  @BeforeEach
  void open() throws Exception {
    boolean there = Files.isExecutable(Path.of(REGISTRY));
    if (!there && "1".equals(System.getenv("REQUIRE_DOCKER"))) {
      throw new IllegalStateException("REQUIRE_DOCKER=1, but docker-registry is not installed");
    }
    Assumptions.assumeTrue(there, "docker-registry is not installed");
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Files.writeString(data.resolve("htpasswd"), HTPASSWD);
    Path config =
        Files.writeString(
            data.resolve("registry.yml"),
            """
            version: 0.1
            storage: {filesystem: {rootdirectory: %s}}
            http: {addr: "127.0.0.1:%d"}
            auth: {htpasswd: {realm: test, path: %s}}
            """
                .formatted(data.resolve("images"), port, data.resolve("htpasswd")));
    registry =
        new ProcessBuilder(REGISTRY, "serve", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(data.resolve("registry.log").toFile())
            .start();
    await().atMost(Duration.ofSeconds(20)).until(() -> listens(port));
    rig = new DockerRig(DockerEngine.find().orElseThrow(), data);
    image = "127.0.0.1:" + port + "/private/busybox:1";
    push();
  }

  private static boolean listens(int port) {
    try (var _ = new Socket("127.0.0.1", port)) {
      return true;
    } catch (java.io.IOException e) {
      return false;
    }
  }

  /** Then the engine has not got it any more. */
  private void push() throws Exception {
    var client = rig.engine.client();
    String name = image.substring(0, image.lastIndexOf(':'));
    client.tagImageCmd(BusyboxImage.NAME, name, "1").exec();
    client
        .pushImageCmd(image)
        .withAuthConfig(
            new AuthConfig()
                .withUsername("keeper")
                .withPassword(PASSWORD)
                .withRegistryAddress(image.substring(0, image.indexOf('/'))))
        .exec(new ResultCallback.Adapter<>())
        .awaitCompletion();
    client.removeImageCmd(image).withForce(true).exec();
  }

  @AfterEach
  void close() {
    if (rig != null) {
      rig.close();
      rig.engine.close();
    }
    if (registry != null) {
      registry.destroy();
    }
  }

  private Attempt attempt(String id, Optional<RegistryCredentials> credentials) {
    var options =
        new ContainerOptions(
            List.of(),
            ContainerOptions.NONE.linux(),
            List.of(),
            0,
            OptionalInt.empty(),
            credentials,
            List.of(),
            Optional.empty(),
            Optional.empty());
    return DockerRig.attempt(data, new AttemptId(id, 1), options, image, "echo pulled");
  }

  @Test
  void an_image_is_pulled_with_the_credentials_that_it_needs_and_not_without() {
    Attempt without = attempt("without", Optional.empty());
    rig.executor.start(without);
    assertThat(rig.end(without.id()))
        .isInstanceOfSatisfying(
            ExecutionEvent.StartFailed.class,
            failed ->
                assertThat(failed.reason())
                    .startsWith("CannotPullContainerError: ")
                    .contains(image));
    Attempt wrong = attempt("wrong", Optional.of(new RegistryCredentials("keeper", "another-key")));
    rig.executor.start(wrong);
    assertThat(rig.end(wrong.id()))
        .isInstanceOfSatisfying(
            ExecutionEvent.StartFailed.class,
            failed -> assertThat(failed.reason()).doesNotContain("another-key"));

    Attempt with = attempt("with", Optional.of(new RegistryCredentials("keeper", PASSWORD)));
    rig.executor.start(with);
    rig.end(with.id());

    assertThat(DockerRig.log(with)).isEqualTo("pulled\n");
    rig.engine.client().removeImageCmd(image).withForce(true).exec();
  }
}
