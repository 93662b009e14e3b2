package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.routing.Ahead;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.Router;
import dev.spillway.dispatch.routing.Situation;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.cost.PriceList;
import dev.spillway.dispatch.routing.prediction.Figures;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import dev.spillway.dispatch.stack.Workloads;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Brings together what the router must know of one task, and asks it. */
final class Planner {
  private final Workloads workloads;
  private final ObjectStore objects;
  private final InputSizes inputs;
  private final Router router;
  private final Objective objective;
  private final Histories histories;
  private final QueueLoads loads;
  private final FunctionGateway functions;

  /**
   * Over its parts.
   *
   * @param planning what it goes by
   */
  Planner(Workloads workloads, Gateways gateways, Planning planning) {
    this.workloads = workloads;
    this.objects = gateways.objects();
    this.functions = gateways.functions();
    this.inputs = new InputSizes(objects);
    this.router = planning.router();
    this.objective = planning.objective();
    this.histories = planning.histories();
    this.loads = planning.loads();
  }

  /** The prices that plans go by. */
  PriceList prices() {
    return router.prices();
  }

  /** A task's forms and where it goes. */
  record Draft(Workload workload, RoutePlan plan) {}

  /**
   * Plans one task.
   *
   * @param ahead what goes before it
   * @throws RefusedException for a queue or an object that does not exist
   */
  Draft draft(Submission.Item item, Ahead ahead, Instant now) {
    TaskDocument document = item.document();
    Workload workload = item.workload().orElseGet(() -> Profiles.adHoc(document));
    long payloadBytes = payloadBytes(item);
    checkQueue(item);
    var profile =
        Profiles.of(
            document,
            payloadBytes,
            inputs.of(document, workload, payloadBytes),
            document.objective().orElse(objective),
            now);
    RoutePlan plan =
        router.plan(
            profile,
            workload,
            situation(workload, ahead),
            histories.of(Profiles.historyName(document)));
    return new Draft(workload, plan);
  }

  /** A task of a workload that brings nothing but an input as large as most have. */
  RoutePlan ordinary(Workload workload, Instant now) {
    var body = DocumentReader.JSON.createObjectNode().put("workload", workload.name());
    TaskDocument document =
        Submission.read(body, Optional.empty(), _ -> Optional.of(workload))
            .items()
            .getFirst()
            .document();
    RunHistory history = histories.of(workload.name());
    var profile =
        Profiles.of(
            document,
            payload(document).length,
            Figures.of(history).medianInputBytes().orElse(-1),
            document.objective().orElse(objective),
            now);
    return router.plan(profile, workload, situation(workload, Ahead.NONE), history);
  }

  private Situation situation(Workload workload, Ahead ahead) {
    List<BatchQueue> queues =
        workloads.queues().stream().map(q -> q.loaded(loads.of(q.name()))).toList();
    Load function =
        workload.function().map(form -> functions.load(form.functionName())).orElse(Load.UNKNOWN);
    return new Situation(queues, function, histories::start, ahead);
  }

  /** A misspelt queue would only cost the task its Batch routes, which nobody notices in time. */
  private void checkQueue(Submission.Item item) {
    Optional<String> named = item.document().jobQueue();
    if (named.isPresent()
        && workloads.queues().stream().noneMatch(q -> q.name().equals(named.get()))) {
      throw RefusedException.invalid(
          item.path() + "jobQueue",
          named.get(),
          item.path()
              + "jobQueue: there is no queue "
              + named.get()
              + " with the tag spillway:dispatch. Known are "
              + workloads.queues().stream()
                  .map(BatchQueue::name)
                  .distinct()
                  .collect(Collectors.joining(", "))
              + ".");
    }
  }

  private long payloadBytes(Submission.Item item) {
    return item.document()
        .payloadS3Uri()
        .map(location -> objectBytes(item, location))
        .orElseGet(() -> (long) payload(item.document()).length);
  }

  private long objectBytes(Submission.Item item, ObjectStore.Location location) {
    return size(item, location)
        .orElseThrow(
            () ->
                RefusedException.invalid(
                    item.path() + "payloadS3Uri",
                    location.toString(),
                    item.path()
                        + "payloadS3Uri: "
                        + location
                        + " does not exist. Put the object there before the submit."));
  }

  private Optional<Long> size(Submission.Item item, ObjectStore.Location location) {
    try {
      return objects.size(location);
    } catch (ObjectStore.FailedException e) {
      if (e.status() < 500 && e.status() != 429) {
        throw RefusedException.invalid(
            item.path() + "payloadS3Uri",
            location.toString(),
            item.path() + "payloadS3Uri: " + location + " cannot be read: " + e.getMessage());
      }
      throw new RefusedException(
          RefusedException.Kind.UNAVAILABLE, e.getMessage() + " Submit again in a while.");
    }
  }

  /** Why nothing can take a task. */
  static Fault impossible(String path, RoutePlan plan) {
    StringBuilder why = new StringBuilder(path + "routes: no route can take this task.");
    plan.rejected()
        .forEach(
            r ->
                why.append(" ")
                    .append(r.route().word())
                    .append(": ")
                    .append(
                        String.join(
                            "; ", r.reasons().stream().map(RoutePlan.Reason::sentence).toList()))
                    .append("."));
    return new Fault(path + "routes", "", why.toString());
  }

  static byte[] payload(TaskDocument document) {
    return document.payload().toString().getBytes(StandardCharsets.UTF_8);
  }
}
