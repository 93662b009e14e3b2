package dev.spillway.batch.execution.docker;

import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Info;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.capacity.DockerHost;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.execution.AmbientEnvironment;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.HostEngines;
import dev.spillway.batch.job.Size;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;

/**
 * Registered hosts are Docker engines, here or elsewhere. Their containers carry a label of their
 * own, so that a host which is this machine's engine is not mixed up with it; they get no endpoint
 * variables, since they may not reach this server.
 */
public final class DockerHosts implements HostEngines {
  private static final long MIB = 1024 * 1024;

  private final BatchSettings settings;
  private final InstantSource clock;

  public DockerHosts(BatchSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  private static Optional<DockerEngine> engine(DockerHost host) {
    var config = DefaultDockerClientConfig.createDefaultConfigBuilder().withDockerHost(host.url());
    if (host.certificates().isPresent()) {
      config.withDockerTlsVerify(true).withDockerCertPath(host.certificates().get());
    } else {
      config.withDockerTlsVerify(false);
    }
    return DockerEngine.find(config.build());
  }

  @Override
  public Optional<Facts> ask(DockerHost host) {
    try (DockerEngine engine = engine(host).orElse(null)) {
      if (engine == null) {
        return Optional.empty();
      }
      Info info = engine.client().infoCmd().exec();
      return Optional.of(
          new Facts(
              engine.version(), new Size(info.getNCPU() * 1000L, info.getMemTotal() / MIB, 0)));
    } catch (DockerException e) {
      return Optional.empty();
    }
  }

  @Override
  public Executor connect(Instance host) {
    DockerEngine engine =
        engine(host.host().orElseThrow())
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "no Docker engine answers at " + host.host().get().url()));
    String own = DataFolderId.of(settings.dataDirectory()).value() + "/" + host.id();
    DataFolderId folder =
        new DataFolderId(UUID.nameUUIDFromBytes(own.getBytes(StandardCharsets.UTF_8)).toString());
    return new DockerExecutor(
        settings,
        engine,
        DockerNetwork.ensure(engine, folder),
        folder,
        AmbientEnvironment.NONE,
        clock);
  }
}
