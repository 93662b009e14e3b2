package dev.spillway.dispatch.task;

import dev.spillway.dispatch.routing.Ahead;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.Workload;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * Plans the tasks of one request one after the other, so that each knows of those before it: what
 * is sent together is in no line yet. A task that waits for others is not sent with them.
 */
final class Burst implements Ahead {
  private final Planner planner;
  private final Map<Place, Work> sent = new HashMap<>();

  private record Place(boolean batch, String name) {}

  Burst(Planner planner) {
    this.planner = planner;
  }

  @Override
  public Work at(Route route, String name) {
    return sent.getOrDefault(new Place(route.batch(), name), Work.NONE);
  }

  Planner.Draft draft(Submission.Item item, Instant now) {
    TaskDocument document = item.document();
    if (!document.dependsOn().isEmpty()) {
      return planner.draft(item, NONE, now);
    }
    Planner.Draft draft = planner.draft(item, this, now);
    if (!draft.plan().impossible()) {
      add(document, draft.workload(), draft.plan().routes().getFirst());
    }
    return draft;
  }

  private void add(TaskDocument document, Workload workload, RoutePlan.Accepted chosen) {
    long many = document.array().map(a -> Math.max(1, a.size().orElse(1))).orElse(1);
    String name =
        chosen
            .jobQueue()
            .or(() -> workload.function().map(Workload.FunctionForm::functionName))
            .orElse("");
    double each =
        chosen.route().batch()
            ? document
                .vcpus()
                .orElse(workload.jobDefinition().map(Workload.JobForm::vcpus).orElse(1.0))
            : 1;
    sent.merge(
        new Place(chosen.route().batch(), name),
        Work.NONE.with(many, many * each),
        (known, more) -> known.with(more.others(), more.vcpus()));
  }
}
