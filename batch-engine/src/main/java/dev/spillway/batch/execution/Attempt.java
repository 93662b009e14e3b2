package dev.spillway.batch.execution;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * What an executor needs to run one container: the only one of an attempt, or one of several.
 *
 * <p>Shape: parameters are substituted, overrides merged, {@code AWS_BATCH_*} present. <br>
 * Units: memory in MiB; vCPUs may be fractions (Fargate).
 *
 * @param command empty means the image's own command
 * @param environment complete but for what {@link AmbientEnvironment} adds beneath it
 * @param user as in a job definition, {@code uid}, {@code name}, {@code uid:gid} ...
 * @param log file that receives standard output and standard error; its folder may not exist yet
 * @param options what only a container engine can give, for the most part
 */
public record Attempt(
    AttemptId id,
    String image,
    List<String> command,
    SortedMap<String, String> environment,
    double vcpus,
    long memoryMib,
    Optional<String> user,
    boolean privileged,
    boolean readonlyRootFilesystem,
    Path log,
    ContainerOptions options) {

  /** The same, with a writable layer as large as the engine has room. */
  public Attempt withoutScratchLimit() {
    return new Attempt(
        id,
        image,
        command,
        environment,
        vcpus,
        memoryMib,
        user,
        privileged,
        readonlyRootFilesystem,
        log,
        options.withoutScratchLimit());
  }

  /** Without the environment, which may hold secrets. */
  @Override
  public String toString() {
    return "Attempt[" + id + ", image=" + image + ", command=" + command + "]";
  }
}
