package dev.spillway.batch.execution;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Names one attempt of one job, or one container of it where it has several. Containers, processes,
 * logs and exit records carry it, so that starting the same attempt twice is harmless.
 *
 * @param jobId AWS Batch job id; a child of an array is {@code parent:index}, a node of a
 *     multi-node job {@code job#index}, and a container of several {@code job/name} or {@code
 *     job#index/name}
 * @param number counts from 1
 */
public record AttemptId(String jobId, int number) {

  @Override
  public int hashCode() {
    return jobId.hashCode() * 31 + number;
  }

  @Override
  public String toString() {
    return jobId + "/" + number;
  }

  /** A container of this attempt; a node and a name only where there are several of them. */
  public AttemptId container(OptionalInt node, Optional<String> name) {
    String index = node.isPresent() ? "#" + node.getAsInt() : "";
    return new AttemptId(jobId + index + name.map(n -> "/" + n).orElse(""), number);
  }

  /** Of a multi-node job, the node that it is on. */
  public OptionalInt node() {
    int from = jobId.indexOf('#');
    int to = jobId.indexOf('/') < 0 ? jobId.length() : jobId.indexOf('/');
    return from < 0
        ? OptionalInt.empty()
        : OptionalInt.of(Integer.parseInt(jobId.substring(from + 1, to)));
  }

  /** What it is called where its node has several containers. */
  public Optional<String> name() {
    int slash = jobId.indexOf('/');
    return slash < 0 ? Optional.empty() : Optional.of(jobId.substring(slash + 1));
  }

  /** The attempt that it is of; itself when it has one container. */
  public AttemptId task() {
    int end = jobId.indexOf('#') < 0 ? jobId.indexOf('/') : jobId.indexOf('#');
    return end < 0 ? this : new AttemptId(jobId.substring(0, end), number);
  }

  /** Reads what {@link #toString} wrote. */
  public static AttemptId parse(String text) {
    int slash = text.lastIndexOf('/');
    return new AttemptId(text.substring(0, slash), Integer.parseInt(text.substring(slash + 1)));
  }
}
