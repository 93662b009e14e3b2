package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.ArraySteps;
import dev.spillway.dispatch.fallback.ChildEnds;
import dev.spillway.dispatch.fallback.Fallback;
import dev.spillway.dispatch.fallback.Journey;
import dev.spillway.dispatch.fallback.Orders;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.stack.Workloads;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Makes tasks of the documents of a request: checked, planned, each with the orders for its hops.
 */
final class NewTasks {
  private final Workloads workloads;
  private final Planner planner;
  private final BatchGateway batch;
  private final ArraySubmits arrays;
  private final InstantSource clock;
  private final Supplier<String> ids;

  /** Over its parts; {@code ids} gives UUIDs. */
  NewTasks(
      Workloads workloads,
      Planner planner,
      BatchGateway batch,
      ArraySubmits arrays,
      InstantSource clock,
      Supplier<String> ids) {
    this.workloads = workloads;
    this.planner = planner;
    this.batch = batch;
    this.arrays = arrays;
    this.clock = clock;
    this.ids = ids;
  }

  /** Reads the documents of a request, with what their workloads say. */
  Submission read(JsonNode body, Optional<String> headerKey) {
    return Submission.read(body, headerKey, workloads::find);
  }

  /** Plans without making anything. */
  TaskRequests.Plans plan(Submission submission) {
    Burst burst = new Burst(planner);
    return new TaskRequests.Plans(
        submission.items().stream()
            .map(
                item ->
                    new TaskRequests.Planned(
                        item.document(), burst.draft(item, clock.instant()).plan()))
            .toList(),
        submission.many(),
        planner.prices());
  }

  /**
   * Makes those tasks of a request that were not seen before.
   *
   * @param rerunOf of an array, that of which only what did not succeed is run again
   * @throws RefusedException with the faults of all of them
   */
  Map<Submission.Item, Task> create(
      Submission submission, Map<Submission.Item, Task> seen, Optional<Task> rerunOf) {
    List<Fault> faults = new ArrayList<>();
    Map<String, String> idByName = new HashMap<>();
    seen.forEach(
        (item, task) -> item.document().name().ifPresent(n -> idByName.put(n, task.taskId())));
    Map<Submission.Item, String> newIds = new LinkedHashMap<>();
    for (Submission.Item item : submission.items()) {
      if (!seen.containsKey(item)) {
        String id = ids.get();
        newIds.put(item, id);
        item.document().name().ifPresent(name -> idByName.put(name, id));
      }
    }
    Map<Submission.Item, Planner.Draft> drafts = new LinkedHashMap<>();
    Map<String, String> revisions = new HashMap<>();
    Burst burst = new Burst(planner);
    for (Submission.Item item : newIds.keySet()) {
      Planner.Draft draft = burst.draft(item, clock.instant());
      drafts.put(item, draft);
      if (draft.plan().impossible()) {
        faults.add(Planner.impossible(item.path(), draft.plan()));
      }
      faults.addAll(parameterFaults(item, draft.workload()));
      faults.addAll(arrays.faults(item, submission.items()));
    }
    if (!faults.isEmpty()) {
      throw new RefusedException(faults);
    }
    Instant now = clock.instant();
    Map<Submission.Item, Task> created = new LinkedHashMap<>();
    newIds.forEach(
        (item, id) ->
            created.put(item, task(item, id, drafts.get(item), idByName, revisions, rerunOf, now)));
    return created;
  }

  private List<Fault> parameterFaults(Submission.Item item, Workload workload) {
    if (item.document().payloadS3Uri().isPresent()) {
      return List.of();
    }
    try {
      Parameters.of(workload.parameters(), Planner.payload(item.document()));
      return List.of();
    } catch (RefusedException e) {
      return e.faults().stream()
          .map(f -> new Fault(item.path() + f.field(), f.value(), item.path() + f.message()))
          .toList();
    }
  }

  private Task task(
      Submission.Item item,
      String id,
      Planner.Draft draft,
      Map<String, String> idByName,
      Map<String, String> revisions,
      Optional<Task> rerunOf,
      Instant now) {
    TaskDocument document = item.document();
    // What an array's children come to be planned for is decided when they are made.
    boolean jobs =
        draft.plan().routes().stream().anyMatch(a -> a.route().batch())
            || document.array().isPresent() && draft.workload().jobDefinition().isPresent();
    Target target =
        new Target(
            draft.workload().function().map(Workload.FunctionForm::functionName),
            draft.workload().function().map(Workload.FunctionForm::acceptsReference).orElse(false),
            jobs ? Optional.of(definition(item, draft.workload(), revisions)) : Optional.empty(),
            draft.workload().parameters());
    Orders orders =
        new Orders(
            Profiles.legs(document, draft.workload(), draft.plan(), workloads::mostMemoryMib),
            document.retryStrategy(),
            document.timeout());
    List<String> waitingFor = ArraySubmits.waitingFor(document, idByName);
    Optional<ArrayState> array =
        document
            .array()
            .map(
                a ->
                    ArrayState.begin(
                        a.size().orElse(0),
                        ArraySubmits.waits(document, idByName),
                        rerunOf.map(Task::taskId),
                        rerunOf
                            .flatMap(Task::array)
                            .map(earlier -> earlier.ends().onlySucceeded())
                            .orElse(ChildEnds.NONE)));
    Journey first =
        array.isPresent()
            ? ArraySteps.begin(waitingFor, now)
            : Fallback.begin(orders, waitingFor, now).journey();
    return new Task(
        id, 1, now, document, target, draft.plan(), orders, first, Optional.empty(), array);
  }

  /**
   * The newest active revision now; the task keeps it.
   *
   * @param revisions those asked for in this request: a thousand tasks of one workload ask once
   */
  private String definition(
      Submission.Item item, Workload workload, Map<String, String> revisions) {
    String known =
        workload.jobDefinition().map(form -> revisions.get(form.jobDefinition())).orElse(null);
    if (known != null && item.document().container().isEmpty()) {
      return known;
    }
    String revision = asked(item, workload);
    workload.jobDefinition().ifPresent(form -> revisions.put(form.jobDefinition(), revision));
    return revision;
  }

  private String asked(Submission.Item item, Workload workload) {
    try {
      if (item.document().container().isPresent()) {
        return batch.define(Profiles.definition(item.document()));
      }
      String name = workload.jobDefinition().orElseThrow().jobDefinition();
      return batch
          .activeRevision(name)
          .orElseThrow(
              () ->
                  RefusedException.invalid(
                      item.path() + "workload",
                      workload.name(),
                      item.path()
                          + "workload: its job definition "
                          + name
                          + " has no active revision. Register one, or apply the template again."));
    } catch (BatchGateway.RefusedException e) {
      throw RefusedException.invalid(
          item.path() + "image",
          item.document().container().map(TaskDocument.Container::image).orElse(""),
          item.path() + "image: Batch refuses a job definition for it: " + e.getMessage());
    } catch (BatchGateway.UnavailableException e) {
      throw new RefusedException(
          RefusedException.Kind.UNAVAILABLE, e.getMessage() + " Submit again in a while.");
    }
  }
}
