package dev.spillway.batch.execution;

import dev.spillway.batch.capacity.DockerHost;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.job.Size;
import java.util.Optional;

/** Container engines that users registered as hosts of unmanaged environments. */
public interface HostEngines {

  /** What a host has, by its engine's own account. */
  record Facts(String version, Size size) {}

  /** Empty when no engine answers there. */
  Optional<Facts> ask(DockerHost host);

  /**
   * Runs attempts there.
   *
   * @throws IllegalStateException when no engine answers
   */
  Executor connect(Instance host);
}
