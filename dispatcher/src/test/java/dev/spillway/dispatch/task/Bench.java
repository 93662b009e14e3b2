package dev.spillway.dispatch.task;

import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.routing.Starts;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import dev.spillway.dispatch.stack.Workloads;
import dev.spillway.dispatch.wiring.DispatchDefaults;
import java.nio.file.Path;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/**
 * A dispatcher over doubles, on one thread: messages are handled when {@link #settle} is called.
 */
public final class Bench {
  public static final DispatchSettings SETTINGS = DispatchDefaults.settings(Path.of("unused"), 4);

  public final Doubles.Clock clock = new Doubles.Clock();
  public final Doubles.Functions functions = new Doubles.Functions();
  public final Doubles.Batch batch = new Doubles.Batch();
  public final Doubles.Objects objects = new Doubles.Objects();
  public final TaskStore store;
  public final Learner learner =
      new Learner(new MemoryHistoryStore(new MemoryHistoryStore.Records()), clock);

  /** What plans go by; the learner unless a test says otherwise. */
  public Histories histories = learner;

  public final TaskRunner runner;
  public final TaskRequests requests;
  public final TaskLookup lookup;
  public final Learnt learnt;

  /** What is remembered, and how busy the queues are; a test may set both. */
  public QueueLoads loads = QueueLoads.UNKNOWN;

  private final Deque<Message> inbox = new java.util.concurrent.ConcurrentLinkedDeque<>();
  private final AtomicLong ids = new AtomicLong();

  public Bench() {
    this(new MemoryTaskStore());
  }

  public Bench(TaskStore store) {
    this(store, Doubles.workloads());
  }

  /** With what another template would offer. */
  Bench(TaskStore store, Workloads workloads) {
    this.store = store;
    var gateways = new Gateways(functions, batch, objects);
    var ends = new TaskEnds();
    runner =
        new TaskRunner(
            store,
            gateways,
            SETTINGS.limits(),
            SETTINGS.fallback(),
            clock,
            ends,
            new TaskRetention(
                store, objects, SETTINGS.taskRetention(), SETTINGS.resultRetention(), clock),
            learner,
            inbox::add);
    Tasks tasks =
        Tasks.over(
            store,
            workloads,
            gateways,
            new Planning(
                SETTINGS.routing().router(),
                SETTINGS.routing().objective(),
                new Late(),
                queue -> loads.of(queue)),
            clock,
            this::nextId,
            runner,
            ends);
    requests = tasks.requests();
    lookup = tasks.lookup();
    learnt = tasks.learnt();
    runner.listen();
  }

  /** What a test sets after the bench was made. */
  private final class Late implements Histories {
    @Override
    public RunHistory of(String workload) {
      return histories.of(workload);
    }

    @Override
    public OptionalDouble start(Starts.Place place) {
      return histories.start(place);
    }

    @Override
    public void forget(String workload) {
      histories.forget(workload);
    }

    @Override
    public void each(BiConsumer<String, RunHistory> visitor) {
      histories.each(visitor);
    }
  }

  private String nextId() {
    return String.format(
        Locale.ROOT, "%08x-0000-4000-8000-000000000000", 0xa0000000L + ids.incrementAndGet());
  }

  /** Handles all that waits. */
  public void settle() {
    while (!inbox.isEmpty()) {
      runner.handle(inbox.remove());
    }
  }

  /** Lets time pass, as the one timer would. */
  public void pass(long seconds) {
    clock.plusSeconds(seconds);
    runner.due().forEach(id -> inbox.add(new Message.Wake(id)));
    runner.closePacks();
    settle();
  }

  public Task submit(String document) {
    Task task = requests.submit(Doubles.json(document), Optional.empty()).tasks().getFirst();
    pass(0);
    return task;
  }

  public List<Task> submitAll(String document) {
    List<Task> all = requests.submit(Doubles.json(document), Optional.empty()).tasks();
    pass(0);
    return all;
  }

  public Task now(Task task) {
    return store.find(task.taskId()).orElseThrow();
  }
}
