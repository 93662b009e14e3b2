package dev.spillway.batch.execution.docker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.PullImageCmd;
import com.github.dockerjava.api.command.PullImageResultCallback;
import com.github.dockerjava.api.model.AuthConfig;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Docker engine that answered. Where it is: {@code DOCKER_HOST}, {@code DOCKER_TLS_VERIFY} and
 * {@code DOCKER_CERT_PATH}, else the usual socket.
 */
public final class DockerEngine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DockerEngine.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PROBE_MAX = Duration.ofSeconds(2);

  /** Each running container holds two: its log and its end. */
  private static final int CONNECTIONS_MAX = 8192;

  private final DockerClient client;
  private final DefaultDockerClientConfig config;
  private final String host;
  private final String version;

  private DockerEngine(DockerClient client, DefaultDockerClientConfig config, String version) {
    this.client = client;
    this.config = config;
    this.host = config.getDockerHost().toString();
    this.version = version;
  }

  /** Empty when none answers within two seconds. */
  public static Optional<DockerEngine> find() {
    return find(DefaultDockerClientConfig.createDefaultConfigBuilder().build());
  }

  static Optional<DockerEngine> find(DefaultDockerClientConfig config) {
    try (DockerClient probe =
        DockerClientImpl.getInstance(
            config, transport(config).responseTimeout(PROBE_MAX).build())) {
      String version = probe.versionCmd().exec().getVersion();
      return Optional.of(
          new DockerEngine(
              DockerClientImpl.getInstance(config, transport(config).build()), config, version));
    } catch (IOException | RuntimeException e) {
      LOG.debug("no Docker engine answers at {}", config.getDockerHost(), e);
      return Optional.empty();
    }
  }

  private static ZerodepDockerHttpClient.Builder transport(DefaultDockerClientConfig config) {
    return new ZerodepDockerHttpClient.Builder()
        .dockerHost(config.getDockerHost())
        .sslConfig(config.getSSLConfig())
        .connectionTimeout(PROBE_MAX)
        .maxConnections(CONNECTIONS_MAX);
  }

  /** Whether an engine answers now. */
  public static boolean reachable() {
    try (DockerEngine engine = find().orElse(null)) {
      return engine != null;
    }
  }

  /** Whether it takes a new connection: one that goes down takes none. */
  boolean answers() {
    try (DockerClient probe =
        DockerClientImpl.getInstance(
            config, transport(config).responseTimeout(PROBE_MAX).build())) {
      probe.pingCmd().exec();
      return true;
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  /** Whether containers run on while it is away. */
  boolean restoresLive() {
    return Boolean.TRUE.equals(client.infoCmd().exec().getRawValues().get("LiveRestoreEnabled"));
  }

  /** For example {@code 20.10.24}; shown in the ready line. */
  public String version() {
    return version;
  }

  /** Where it was found, for messages. */
  public String host() {
    return host;
  }

  public DockerClient client() {
    return client;
  }

  /**
   * Pulls an image; one without a tag or digest is {@code latest}.
   *
   * @throws RuntimeException when it cannot be had, or not within {@code most}
   */
  public static void pull(
      DockerClient client, String image, Optional<AuthConfig> credentials, Duration most) {
    boolean whole = image.indexOf('@') >= 0 || image.lastIndexOf(':') > image.lastIndexOf('/');
    PullImageCmd command = client.pullImageCmd(whole ? image : image + ":latest");
    credentials.ifPresent(command::withAuthConfig);
    try (var pull = command.exec(new PullImageResultCallback())) {
      if (!pull.awaitCompletion(most.toMinutes(), TimeUnit.MINUTES)) {
        throw new IllegalStateException("not done after " + most.toMinutes() + " minutes");
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** An engine's own text, without the wrapping: {@code Status 404: {"message":"…"}}. */
  public static String words(Exception e) {
    String text = String.valueOf(e.getMessage()).strip();
    int json = text.indexOf("{\"message\"");
    if (json < 0) {
      return text;
    }
    try {
      return JSON.readTree(text.substring(json)).path("message").asText(text).strip();
    } catch (JsonProcessingException malformed) {
      return text;
    }
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (IOException e) {
      LOG.debug("closing the connection to the Docker engine", e);
    }
  }
}
