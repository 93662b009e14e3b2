package dev.spillway.batch.job;

import java.util.Optional;

/** The id of a child: its parent's, a colon, its index without padding. */
public record ChildId(String parentId, int index) {

  /** Empty when {@code jobId} is not one of a child. */
  public static Optional<ChildId> parse(String jobId) {
    int colon = jobId.lastIndexOf(':');
    if (colon <= 0) {
      return Optional.empty();
    }
    String index = jobId.substring(colon + 1);
    return index.matches("0|[1-9][0-9]{0,8}")
        ? Optional.of(new ChildId(jobId.substring(0, colon), Integer.parseInt(index)))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return parentId + ":" + index;
  }
}
