package dev.spillway.batch;

import java.nio.file.Path;
import java.util.List;

/**
 * What jobs may have of this host, and what is kept of their output.
 *
 * @param allowedHostPaths volumes and devices of the host must be one of these, or lie beneath one
 * @param logBytesMax of one attempt's log; what is over it is cut out of the middle
 * @param processTmpMib what the temporary files of a job of the process runner may take, MiB
 */
public record ExecutionSettings(List<Path> allowedHostPaths, long logBytesMax, long processTmpMib) {
  /** No host path, 64 MiB, and what Fargate gives a task that asks for nothing. */
  public static final ExecutionSettings DEFAULT =
      new ExecutionSettings(List.of(), 64L << 20, 20 * 1024);
}
