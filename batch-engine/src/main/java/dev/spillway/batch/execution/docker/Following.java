package dev.spillway.batch.execution.docker;

import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.command.WaitContainerResultCallback;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One container on its way to its end: waits, copies its log, and goes on over restarts of the
 * engine.
 *
 * <p>An engine that goes down takes its containers with it, unless it is set to let them live; such
 * an end is the loss of a host, not the container's own.
 */
final class Following {
  private static final Logger LOG = LoggerFactory.getLogger(Following.class);
  private static final Duration ENGINE_LOOK = Duration.ofSeconds(1);

  private final Containers containers;
  private final DockerEngine engine;
  private final ContainerLog log;
  private final String containerId;
  private WaitContainerResultCallback wait;

  /** The engine was not there to ask; true until the container is seen running again. */
  private boolean engineAway;

  private volatile boolean closed;

  /** How it ended. */
  sealed interface End {
    /** By itself, or as it was asked to; its log is whole. */
    record Exited(ContainerState state) implements End {}

    /** It is not there any more, or went with its engine. */
    record Gone() implements End {}
  }

  Following(Containers containers, DockerEngine engine, ContainerLog log, String containerId) {
    this.containers = containers;
    this.engine = engine;
    this.log = log;
    this.containerId = containerId;
  }

  /** Returns when it has ended; empty when nobody wants to know any more. */
  Optional<End> run(BooleanSupplier unasked) {
    while (!closed) {
      awaitEnd();
      Optional<End> end = closed ? Optional.empty() : look(unasked);
      if (end.isPresent()) {
        return end;
      }
      pause();
    }
    return Optional.empty();
  }

  /** Returns at the container's end, or when there is no telling. */
  private void awaitEnd() {
    try (var end = new WaitContainerResultCallback()) {
      synchronized (this) {
        wait = end;
      }
      log.follow();
      engine.client().waitContainerCmd(containerId).exec(end);
      if (!closed) {
        end.awaitCompletion();
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("container {}: the wait for its end broke off", containerId, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Optional<End> look(BooleanSupplier unasked) {
    try {
      Optional<ContainerState> state = containers.state(containerId);
      if (state.isEmpty()) {
        log.close();
        return Optional.of(new End.Gone());
      }
      if (Boolean.TRUE.equals(state.get().getRunning())) {
        engineAway = false;
        return Optional.empty();
      }
      boolean killed = killed(state.get()) && unasked.getAsBoolean();
      if (killed && !engine.answers()) {
        engineAway = true; // it goes down
        return Optional.empty();
      }
      log.complete(Containers.instant(state.get().getFinishedAt()).orElse(Instant.EPOCH));
      return Optional.of(
          killed && engineAway && !engine.restoresLive()
              ? new End.Gone()
              : new End.Exited(state.get()));
    } catch (IOException | RuntimeException e) {
      if (!engineAway && !closed) {
        LOG.warn(
            "container {}: the Docker engine does not answer; asking again: {}",
            containerId,
            e.toString());
      }
      engineAway = true;
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static boolean killed(ContainerState state) {
    return state.getExitCodeLong() != null
        && state.getExitCodeLong() != 0
        && !Boolean.TRUE.equals(state.getOOMKilled());
  }

  private static void pause() {
    try {
      Thread.sleep(ENGINE_LOOK);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The container runs on. */
  void close() {
    closed = true;
    try {
      log.close();
      synchronized (this) {
        if (wait != null) {
          wait.close();
        }
      }
    } catch (IOException e) {
      LOG.debug("closing a stream of the Docker engine", e);
    }
  }
}
