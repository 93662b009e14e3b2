package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.BatchGateway;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Reads where a task stands in a fair-share queue. What a queue makes of it Batch says.
 *
 * <p>Source: AWS Batch SubmitJob, {@code shareIdentifier} and {@code schedulingPriorityOverride}.
 */
final class ShareRules {
  private static final Pattern SHARE = Pattern.compile("[a-zA-Z0-9_-]{1,255}\\*?");
  private static final int MOST_PRIORITY = 9_999;

  private ShareRules() {}

  static BatchGateway.Share read(Members m) {
    Optional<String> share =
        m.text(
            "shareIdentifier",
            SHARE,
            "is not a share: 1 to 255 letters, digits, - and _, at the end a * if you like.");
    Optional<Integer> priority =
        m.whole(
            "schedulingPriority",
            0,
            MOST_PRIORITY,
            "is not a scheduling priority. Give 0 to 9999; a higher one goes first in its share.");
    if (m.has("schedulingPriority") && !m.has("shareIdentifier")) {
      m.fault(
          "schedulingPriority",
          "needs shareIdentifier beside it: it orders the jobs of one share, and Batch takes it"
              + " with no other queue.");
    }
    return new BatchGateway.Share(share, priority.map(OptionalInt::of).orElse(OptionalInt.empty()));
  }
}
