package dev.spillway.benchmarks;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.Journey;
import dev.spillway.dispatch.fallback.Orders;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.routing.Estimate;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.task.DocumentRules;
import dev.spillway.dispatch.task.HistoryStore;
import dev.spillway.dispatch.task.PostgresSchema;
import dev.spillway.dispatch.task.Target;
import dev.spillway.dispatch.task.Task;
import dev.spillway.dispatch.task.TaskDatabase;
import dev.spillway.dispatch.task.TaskDocument;
import dev.spillway.dispatch.task.TaskStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Durable submits and changes of tasks a second, next to what the disk can sync one after the
 * other; and a start's reading of what was learnt.
 *
 * <p>Arguments: none for SQLite in the working directory; URL, user and password for PostgreSQL,
 * whose disk should be the same.
 */
public final class TaskStoreRate {
  private static final Instant AT = Instant.parse("2026-11-21T00:00:00Z");
  private static final int ALONE = 1000;
  private static final int TOGETHER = 20_000;
  private static final int CLIENTS = 64;
  private static final int RECORDS = 100_000;
  private static final int RECORD_BYTES = 1000;

  private final TaskDatabase database;
  private final TaskStore store;
  private final double fsyncs;
  private final AtomicLong ids = new AtomicLong();

  private TaskStoreRate(TaskDatabase database, double fsyncs) {
    this.database = database;
    this.store = database.tasks();
    this.fsyncs = fsyncs;
  }

  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory(Path.of("."), "spillway-bench");
    double fsyncs = Fsync.perSecond(folder);
    System.out.printf("measure\ta second\tratio to one fsync each%n");
    System.out.printf("fsync of one page, one thread\t%.0f\t1.00%n", fsyncs);
    try (TaskDatabase database =
        args.length == 0
            ? TaskDatabase.sqlite(folder.resolve("tasks.db"))
            : TaskDatabase.postgres(
                new PostgresSchema(
                    args[0],
                    Optional.of(args[1]),
                    Optional.of(args[2]),
                    "spillway_bench_" + ProcessHandle.current().pid()))) {
      new TaskStoreRate(database, fsyncs).run();
    } finally {
      Folders.delete(folder);
    }
  }

  private void run() throws Exception {
    concurrently(CLIENTS, TOGETHER, _ -> submit()); // warms up
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < TOGETHER; i++) {
      tasks.add(task(i));
    }
    report("submit, one client", concurrently(1, ALONE, _ -> submit()));
    report("submit, 64 clients", concurrently(CLIENTS, TOGETHER, _ -> submit()));
    long rows = ids.get() - TOGETHER;
    report("replace, one client", concurrently(1, ALONE, i -> replace(tasks.get(i), rows + i, 2)));
    report(
        "replace, 64 clients",
        concurrently(CLIENTS, TOGETHER - ALONE, i -> replace(tasks.get(i), rows + ALONE + i, 2)));
    report(
        "end of a task, 64 clients",
        concurrently(CLIENTS, TOGETHER - ALONE, i -> end(tasks.get(i), rows + ALONE + i)));
    report("find, one client", concurrently(1, TOGETHER, i -> store.find(id(rows + i))));
    learnt();
  }

  private void report(String what, double perSecond) {
    System.out.printf("%s\t%.0f\t%.2f%n", what, perSecond, perSecond / fsyncs);
  }

  private void submit() {
    Task task = task(ids.getAndIncrement());
    store.submit(
        List.of(
            new TaskStore.NewTask(
                task, Optional.of("{\"n\":1}".getBytes(StandardCharsets.UTF_8)), "", List.of())));
  }

  private void replace(Task task, long id, long version) {
    changed(task, id, version, task.journey());
  }

  private void end(Task task, long id) {
    changed(
        task,
        id,
        3,
        new Journey(new TaskState.Succeeded(AT, 1), task.journey().hops(), Optional.empty()));
  }

  private void changed(Task task, long id, long version, Journey journey) {
    Task next =
        new Task(
            id(id),
            version,
            task.createdAt(),
            task.document(),
            task.target(),
            task.plan(),
            task.orders(),
            journey,
            Optional.empty());
    if (!store.replace(next, Optional.empty())) {
      throw new IllegalStateException(next.taskId() + " was not there");
    }
  }

  private void learnt() {
    HistoryStore history = database.history();
    for (int from = 0; from < RECORDS; from += 1000) {
      List<HistoryStore.Entry> some = new ArrayList<>();
      for (int i = from; i < from + 1000; i++) {
        some.add(new HistoryStore.Entry("workload-" + i, new byte[RECORD_BYTES], AT));
      }
      history.write(some, history.learntTo());
    }
    var read = new AtomicInteger();
    long start = System.nanoTime();
    history.each(_ -> read.incrementAndGet());
    report("records read at a start", read.get() * 1e9 / (System.nanoTime() - start));
  }

  private static double concurrently(int clients, int times, Consumer<Integer> work)
      throws Exception {
    var next = new AtomicInteger();
    long start = System.nanoTime();
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        running.add(
            pool.submit(
                () -> {
                  for (int i = next.getAndIncrement(); i < times; i = next.getAndIncrement()) {
                    work.accept(i);
                  }
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    return times * 1e9 / (System.nanoTime() - start);
  }

  private static String id(long number) {
    return "%08x-0000-4000-8000-000000000000".formatted(number);
  }

  /** A function task with one hop, as the router makes them. */
  private static Task task(long number) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("workload", "resize");
    json.putObject("payload").put("n", 1);
    TaskDocument document = DocumentRules.read(json, "", new ArrayList<>());
    var plan =
        new RoutePlan(
            List.of(
                new RoutePlan.Accepted(
                    Route.FUNCTION,
                    Optional.empty(),
                    Optional.of(new Estimate(0.000032, 1.3, 0, 0, OptionalDouble.empty())),
                    Optional.empty(),
                    Optional.empty())),
            List.of(),
            Optional.empty(),
            1);
    return new Task(
        id(number),
        1,
        AT.plusMillis(number),
        document,
        new Target(Optional.of("resize"), false, Optional.empty(), Map.of()),
        plan,
        new Orders(
            List.of(new Orders.Leg(Route.FUNCTION, 2048, 512)),
            document.retryStrategy(),
            Optional.empty()),
        new Journey(new TaskState.Starting(AT), List.of(hop()), Optional.empty()),
        Optional.empty());
  }

  private static Hop hop() {
    return new Hop(
        1,
        0,
        Route.FUNCTION,
        2048,
        512,
        Hop.Status.OPEN,
        AT,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        false,
        OptionalLong.empty(),
        Optional.empty());
  }
}
