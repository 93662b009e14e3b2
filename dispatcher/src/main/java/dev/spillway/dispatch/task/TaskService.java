package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.ArraySteps;
import dev.spillway.dispatch.fallback.ChildEnds;
import dev.spillway.dispatch.fallback.Fallback;
import dev.spillway.dispatch.fallback.Journey;
import dev.spillway.dispatch.fallback.Orders;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.Router;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.cost.PriceList;
import dev.spillway.dispatch.stack.Workloads;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What callers can ask of tasks: plan, submit, find, list, wait, cancel. */
public final class TaskService {
  private static final int PREFIX = 8;
  private static final Pattern CHILD = Pattern.compile("([^:]*):(0|[1-9][0-9]{0,5})");

  private final TaskStore store;
  private final Workloads workloads;
  private final Gateways gateways;
  private final Planner planner;
  private final InstantSource clock;
  private final Supplier<String> ids;
  private final TaskRunner runner;
  private final TaskEnds ends;
  private final Learnt learnt;
  private final PriceList prices;
  private final ArraySubmits arrays;

  /** Over its parts; {@code ids} gives UUIDs. */
  public TaskService(
      TaskStore store,
      Workloads workloads,
      Gateways gateways,
      Planning planning,
      InstantSource clock,
      Supplier<String> ids,
      TaskRunner runner,
      TaskEnds ends) {
    this.store = store;
    this.workloads = workloads;
    this.gateways = gateways;
    this.planner = new Planner(workloads, gateways.objects(), planning);
    this.clock = clock;
    this.ids = ids;
    this.runner = runner;
    this.ends = ends;
    this.learnt = new Learnt(workloads, planning.histories(), store, planner, clock);
    this.prices = planning.router().prices();
    this.arrays = new ArraySubmits(store, planning.arrays().most());
    runner.planArraysBy(new ArrayPlans(planner, workloads, planning.arrays()));
  }

  /**
   * What tasks are planned by.
   *
   * @param objective of tasks and workloads that name none
   */
  public record Planning(
      Router router,
      Objective objective,
      Histories histories,
      QueueLoads loads,
      ArrayLimits arrays) {

    /** With the limits of arrays that hold when nothing else was said. */
    public Planning(Router router, Objective objective, Histories histories, QueueLoads loads) {
      this(router, objective, histories, loads, ArrayLimits.DEFAULT);
    }
  }

  /**
   * What arrays may be.
   *
   * @param most children of one array
   * @param canary children that go first when nothing is known of their work; 0 for none
   */
  public record ArrayLimits(int most, int canary) {
    /** As AWS Batch, with a canary of 8. */
    public static final ArrayLimits DEFAULT = new ArrayLimits(10_000, 8);
  }

  /**
   * What a submit came to.
   *
   * @param many the request was a list
   * @param replayed every task had been submitted before under its key
   */
  public record Accepted(List<Task> tasks, boolean many, boolean replayed) {}

  /** A task that is only planned. */
  public record Planned(TaskDocument document, RoutePlan plan) {}

  /** Plans without storing anything. */
  public List<Planned> plan(JsonNode body) {
    Submission submission = Submission.read(body, Optional.empty(), workloads::find);
    return submission.items().stream()
        .map(item -> new Planned(item.document(), planner.draft(item, clock.instant()).plan()))
        .toList();
  }

  /** Stores all tasks of a request, or none. */
  public Accepted submit(JsonNode body, Optional<String> headerKey) {
    return submit(Submission.read(body, headerKey, workloads::find), ChildEnds.NONE);
  }

  /**
   * Submits an ended task once more, without its dependencies, which have ended.
   *
   * @param failedOnly of an array only the children that did not succeed; they keep their index
   * @return empty when nothing of it failed
   */
  public Optional<Accepted> rerun(
      String idOrPrefix, boolean failedOnly, Optional<String> headerKey) {
    Task task = find(idOrPrefix);
    if (failedOnly && task.status() == TaskStatus.SUCCEEDED) {
      return Optional.empty();
    }
    JsonNode document = Reruns.document(task, store.payload(task.taskId()));
    return Optional.of(
        submit(
            Submission.read(document, headerKey, workloads::find),
            failedOnly
                ? task.array().map(a -> a.ends().onlySucceeded()).orElse(ChildEnds.NONE)
                : ChildEnds.NONE));
  }

  private Accepted submit(Submission submission, ChildEnds before) {
    while (true) {
      Map<Submission.Item, Task> seen = seen(submission);
      Map<Submission.Item, Task> created = create(submission, seen, before);
      List<Task> answer =
          submission.items().stream()
              .map(item -> seen.containsKey(item) ? seen.get(item) : created.get(item))
              .toList();
      if (created.isEmpty()) {
        return new Accepted(answer, submission.many(), true);
      }
      switch (store.submit(rows(created))) {
        case TaskStore.Submitted.Stored _ -> {
          runner.accepted(List.copyOf(created.values()));
          return new Accepted(answer, submission.many(), false);
        }
        case TaskStore.Submitted.KeyTaken _ -> {
          // Another request with this key was quicker; now it is one that has been seen.
        }
      }
    }
  }

  private Map<Submission.Item, Task> seen(Submission submission) {
    Map<Submission.Item, Task> seen = new HashMap<>();
    for (Submission.Item item : submission.items()) {
      Optional<String> key = item.document().idempotencyKey();
      Optional<TaskStore.Keyed> keyed = key.flatMap(store::byKey);
      if (keyed.isEmpty()) {
        continue;
      }
      if (!keyed.get().documentHash().equals(item.hash())) {
        throw new RefusedException(
            RefusedException.Kind.CONFLICT,
            item.path()
                + "idempotencyKey: "
                + key.get()
                + " belongs to task "
                + keyed.get().taskId()
                + ", whose document differs (sha256 "
                + keyed.get().documentHash()
                + ", this one "
                + item.hash()
                + "). Use another key for another task.");
      }
      seen.put(item, store.find(keyed.get().taskId()).orElseThrow());
    }
    return seen;
  }

  private Map<Submission.Item, Task> create(
      Submission submission, Map<Submission.Item, Task> seen, ChildEnds before) {
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
    for (Submission.Item item : newIds.keySet()) {
      Planner.Draft draft = planner.draft(item, clock.instant());
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
            created.put(item, task(item, id, drafts.get(item), idByName, revisions, before, now)));
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
      ChildEnds before,
      Instant now) {
    TaskDocument document = item.document();
    // What an array's children come to be planned for is decided when they are made.
    boolean batch =
        draft.plan().routes().stream().anyMatch(a -> a.route().batch())
            || document.array().isPresent() && draft.workload().jobDefinition().isPresent();
    Target target =
        new Target(
            draft.workload().function().map(Workload.FunctionForm::functionName),
            draft.workload().function().map(Workload.FunctionForm::acceptsReference).orElse(false),
            batch ? Optional.of(definition(item, draft.workload(), revisions)) : Optional.empty(),
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
                        a.size().orElse(0), ArraySubmits.waits(document, idByName), before));
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
        return gateways.batch().define(Profiles.definition(item.document()));
      }
      String name = workload.jobDefinition().orElseThrow().jobDefinition();
      return gateways
          .batch()
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

  private static List<TaskStore.NewTask> rows(Map<Submission.Item, Task> created) {
    return created.entrySet().stream()
        .map(
            e ->
                new TaskStore.NewTask(
                    e.getValue(),
                    payloadInStore(e.getKey().document()),
                    e.getKey().hash(),
                    dependsOn(e.getValue())))
        .toList();
  }

  private static Optional<byte[]> payloadInStore(TaskDocument document) {
    boolean elsewhere =
        document.payloadS3Uri().isPresent()
            || document.array().flatMap(TaskDocument.ArrayOf::payloadsS3Uri).isPresent();
    return elsewhere ? Optional.empty() : Optional.of(Planner.payload(document));
  }

  private static List<String> dependsOn(Task task) {
    List<String> ids = new ArrayList<>();
    if (task.journey().state() instanceof TaskState.Pending pending) {
      ids.addAll(pending.waitingFor());
    }
    task.array().ifPresent(a -> ids.addAll(a.waits().arrays()));
    return ids;
  }

  /**
   * A task by its id, or by a unique beginning of at least 8 characters.
   *
   * @throws RefusedException when there is none, or more than one
   */
  public Task find(String idOrPrefix) {
    return store.find(whole(idOrPrefix)).orElseThrow(() -> none(idOrPrefix));
  }

  private String whole(String idOrPrefix) {
    Matcher child = CHILD.matcher(idOrPrefix);
    if (child.matches()) {
      return whole(child.group(1)) + Task.CHILD + child.group(2);
    }
    if (idOrPrefix.length() == 36) {
      return idOrPrefix;
    }
    if (idOrPrefix.length() < PREFIX || !idOrPrefix.matches("[0-9a-f-]+")) {
      throw none(idOrPrefix);
    }
    List<String> found = store.startingWith(idOrPrefix, 2);
    if (found.size() > 1) {
      throw RefusedException.invalid(
          "taskId",
          idOrPrefix,
          "taskId: more than one task begins with " + idOrPrefix + ". Give more of it.");
    }
    return found.stream().findFirst().orElseThrow(() -> none(idOrPrefix));
  }

  private static RefusedException none(String id) {
    String shown = id.length() > 64 ? id.substring(0, 64) + "…" : id;
    return RefusedException.notFound(
        "There is no task " + shown + ". Give its id, or at least the first 8 characters of it.");
  }

  /** Waits for its end, no longer than {@code most}. */
  public Task await(String idOrPrefix, Duration most) {
    return ends.await(store, whole(idOrPrefix), most).orElseThrow(() -> none(idOrPrefix));
  }

  public TaskStore.Page list(TaskStore.Filter filter, Optional<String> token, int maxResults) {
    return store.list(filter, token, maxResults);
  }

  /**
   * Stops it.
   *
   * @return empty when it had ended before
   */
  public Optional<Task> cancel(String idOrPrefix, String reason) {
    Task task = find(idOrPrefix);
    if (task.status().terminal()) {
      return Optional.empty();
    }
    runner.cancel(task.taskId(), reason);
    return store.find(task.taskId());
  }

  public Optional<byte[]> payload(Task task) {
    return Payloads.stored(store, task.taskId());
  }

  /** Children of an array that have been made; see {@link TaskStore#children}. */
  public TaskStore.Page children(
      Task array, List<TaskStatus> statuses, Optional<String> token, int maxResults) {
    if (array.array().isEmpty()) {
      throw new RefusedException(
          RefusedException.Kind.CONFLICT,
          "Task "
              + array.taskId()
              + " is no array and has no children. GET /tasks/"
              + array.taskId()
              + " shows it.");
    }
    return store.children(array.taskId(), statuses, token, maxResults);
  }

  /** How many children of an array are in each status; those not made yet are PENDING. */
  public Map<TaskStatus, Integer> childCounts(Task array) {
    Map<TaskStatus, Integer> counts = new EnumMap<>(TaskStatus.class);
    counts.putAll(store.childCounts(array.taskId()));
    ArrayState state = array.array().orElseThrow();
    int there = counts.values().stream().mapToInt(Integer::intValue).sum();
    if (state.earlier() > 0) {
      counts.merge(TaskStatus.SUCCEEDED, state.earlier(), Integer::sum);
    }
    int rest = state.size() - there - state.earlier();
    if (rest > 0 && !array.status().terminal()) {
      counts.merge(TaskStatus.PENDING, rest, Integer::sum);
    }
    return counts;
  }

  public Optional<String> functionLog(Task task, int hop) {
    return store.hopLog(task.taskId(), hop).or(() -> gateways.functions().log(task.hopKey(hop)));
  }

  /** What is known of workloads. */
  public Learnt learnt() {
    return learnt;
  }

  /** The prices that plans go by. */
  public PriceList prices() {
    return prices;
  }

  /** What a task is called by people, and its short id. */
  public String title(String taskId) {
    return store.find(taskId).map(t -> t.document().title() + " ").orElse("")
        + Task.shortId(taskId);
  }

  public Instant now() {
    return clock.instant();
  }
}
