package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.Route;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a task store in a database must do besides. */
abstract class SqlTaskStoreContract extends TaskStoreContract {
  private final List<TaskDatabase> opened = new ArrayList<>();

  abstract SqlDialect dialect();

  /** For statements whose values are still open. */
  abstract Connection explaining() throws SQLException;

  /** How this database tells how it would run a statement. */
  abstract String explain(String sql);

  /** Whether that reads what grows, and not by an index. */
  abstract boolean scans(List<String> plan);

  @Override
  TaskStore open() {
    return open(dialect()).tasks();
  }

  private TaskDatabase open(SqlDialect dialect) {
    TaskDatabase database = TaskDatabase.open(dialect);
    opened.add(database);
    return database;
  }

  @Override
  public TaskStore another() {
    return open();
  }

  @AfterEach
  void closeAll() {
    opened.forEach(TaskDatabase::close);
  }

  @Test
  void what_was_stored_is_there_after_it_is_opened_again() {
    Task task = bench.submit("{'workload': 'resize', 'payload': [1, 2.50]}");
    store.close();
    store = open();
    assertThat(store.find(task.taskId())).map(Task::status).contains(TaskStatus.RUNNING);
  }

  @Test
  void a_closed_store_answers_that_it_is_closed() {
    store.close();
    store.close();
    assertThatThrownBy(() -> store.live()).hasMessageContaining("closed");
    assertThatThrownBy(() -> store.told(1)).hasMessageContaining("closed");
  }

  @Test
  void concurrent_submits_share_a_commit_and_none_is_lost() throws Exception {
    int many = 400;
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < many; i++) {
        String document =
            "{'workload': 'resize', 'payload': {'n': 1}, 'idempotencyKey': 'k%d'}"
                .formatted(i % 200);
        running.add(
            pool.submit(() -> bench.requests.submit(Doubles.json(document), Optional.empty())));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    assertThat(store.list(TaskStore.Filter.ALL, Optional.empty(), 1000).tasks()).hasSize(200);
  }

  @Test
  void a_change_that_fails_takes_no_other_with_it() throws Exception {
    Task like = bench.submit("{'workload': 'resize', 'payload': 1}");
    int many = 100;
    int failed = 0;
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < many; i++) {
        // Every tenth has the id of a task that is there.
        String id = i % 10 == 0 ? like.taskId() : "new-" + i;
        var created =
            new TaskStore.NewTask(
                StoredTasks.keyed(like, id, "k" + i), Optional.empty(), "h", List.of());
        running.add(pool.submit(() -> store.submit(List.of(created))));
      }
      for (Future<?> each : running) {
        try {
          each.get();
        } catch (java.util.concurrent.ExecutionException e) {
          assertThat(e).cause().isInstanceOf(IllegalStateException.class);
          failed++;
        }
      }
    }
    assertThat(failed).isEqualTo(many / 10);
    assertThat(store.startingWith("new-", 1000)).hasSize(many - many / 10);
  }

  @Test
  void a_log_may_have_any_character() {
    Task task = bench.submit("{'workload': 'resize', 'payload': 1}");
    bench.functions.log = Optional.of("a\0b \u20ac \ud83d\ude00 \ud800 end");
    bench.functions.succeed(task.hopKey(1), "1");
    bench.settle();
    assertThat(store.hopLog(task.taskId(), 1).orElseThrow())
        .startsWith("a")
        .contains("\u20ac \ud83d\ude00")
        .endsWith("end");
  }

  @Test
  void nothing_scans() throws Exception {
    List<TaskStore.NewTask> many = new ArrayList<>();
    List<HistoryStore.Entry> records = new ArrayList<>();
    Task like = bench.submit("{'workload': 'resize', 'payload': 1, 'tags': {'team': 'x'}}");
    for (int i = 0; i < 3000; i++) {
      many.add(
          new TaskStore.NewTask(
              StoredTasks.keyed(like, "t" + i, "k" + i),
              Optional.of(new byte[] {'1'}),
              "h",
              List.of("t" + i / 2)));
      records.add(new HistoryStore.Entry("w" + i, new byte[100], Doubles.START));
    }
    store.submit(many);
    end(many.subList(0, 2900));
    Set<String> asked = new LinkedHashSet<>();
    TaskDatabase recorded = open(recording(asked));
    recorded.history().write(records, 0);
    askEverything(recorded, bench.now(like));
    // This one is to read everything.
    asked.removeIf(sql -> sql.startsWith("SELECT workload, learnt"));
    asked.removeIf(sql -> !sql.matches("(SELECT|INSERT|UPDATE|DELETE) (?!pg_advisory).*"));
    assertThat(asked).hasSizeGreaterThan(30);
    List<String> scanning = new ArrayList<>();
    try (Connection connection = explaining();
        Statement statement = connection.createStatement()) {
      for (String sql : asked) {
        List<String> plan = new ArrayList<>();
        try (ResultSet steps = statement.executeQuery(explain(numbered(sql)))) {
          int last = steps.getMetaData().getColumnCount();
          while (steps.next()) {
            plan.add(steps.getString(last));
          }
        }
        if (scans(plan)) {
          scanning.add(sql + "\n" + String.join("\n", plan));
        }
      }
    }
    assertThat(scanning).isEmpty();
  }

  private void end(List<TaskStore.NewTask> tasks) throws Exception {
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> running = new ArrayList<>();
      for (TaskStore.NewTask each : tasks) {
        var log = Optional.of(new TaskStore.HopLog(1, "START"));
        running.add(pool.submit(() -> store.replace(StoredTasks.failed(each.task()), log)));
      }
      for (Future<Boolean> each : running) {
        assertThat(each.get()).isTrue();
      }
    }
  }

  private static String numbered(String sql) {
    StringBuilder numbered = new StringBuilder();
    int number = 0;
    for (char c : sql.toCharArray()) {
      numbered.append(c == '?' ? "$" + ++number : String.valueOf(c));
    }
    return numbered.toString();
  }

  private static void askEverything(TaskDatabase database, Task task) {
    TaskStore store = database.tasks();
    Instant now = Doubles.START;
    store.submit(
        List.of(
            new TaskStore.NewTask(
                StoredTasks.keyed(task, "one-more", "one-more"),
                Optional.of(new byte[] {'1'}),
                "h",
                List.of(task.taskId()))));
    store.find(task.taskId());
    store.children(task.taskId(), List.of(), Optional.of(new PageToken(0, 1).text()), 10);
    store.childCounts(task.taskId());
    store.startingWith("a", 2);
    store.byKey("k1");
    store.payload(task.taskId());
    store.due(now, 10);
    store.nextDue();
    store.live();
    store.dependents("t1");
    store.hopLog(task.taskId(), 1);
    store.withObjects(now, 100);
    store.objectsGone(List.of("t2899"));
    store.replace(StoredTasks.ended(task), Optional.of(new TaskStore.HopLog(1, "START")));
    store.told(store.ended(100).getFirst().sequence());
    assertThat(store.forget(now.plusSeconds(1), 100)).isOne();
    HistoryStore history = database.history();
    history.each(_ -> {});
    history.write(List.of(new HistoryStore.Entry("w", new byte[1], now)), history.learntTo());
    history.forget("w");
    for (List<TaskStatus> statuses :
        List.of(
            List.<TaskStatus>of(),
            List.of(TaskStatus.RUNNING),
            List.of(TaskStatus.RUNNING, TaskStatus.FAILED))) {
      for (Optional<String> workload : List.of(Optional.<String>empty(), Optional.of("resize"))) {
        for (Optional<Route> route :
            List.of(Optional.<Route>empty(), Optional.of(Route.FUNCTION))) {
          for (Map<String, String> tags : List.of(Map.<String, String>of(), Map.of("team", "x"))) {
            for (Optional<Instant> when : List.of(Optional.<Instant>empty(), Optional.of(now))) {
              store.list(
                  new TaskStore.Filter(statuses, workload, route, tags, when, when),
                  Optional.of(new PageToken(1, 1).text()),
                  100);
            }
          }
        }
      }
    }
  }

  /** The dialect, noting every statement that is prepared. */
  private SqlDialect recording(Set<String> asked) {
    SqlDialect real = dialect();
    return (SqlDialect)
        Proxy.newProxyInstance(
            SqlDialect.class.getClassLoader(),
            new Class<?>[] {SqlDialect.class},
            (_, method, arguments) -> {
              Object answer = call(real, method, arguments);
              return answer instanceof Connection connection ? noting(connection, asked) : answer;
            });
  }

  private static Connection noting(Connection connection, Set<String> asked) {
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (_, method, arguments) -> {
              if (method.getName().equals("prepareStatement")) {
                asked.add((String) arguments[0]);
              }
              return call(connection, method, arguments);
            });
  }

  private static Object call(Object on, java.lang.reflect.Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
