package dev.spillway.batch.execution.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ContainerOptions;
import dev.spillway.batch.execution.ContainerOptions.Mount;
import dev.spillway.batch.execution.ContainerOptions.TaskPlace;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.execution.task.Task;
import dev.spillway.batch.execution.task.TaskExecutor;
import dev.spillway.batch.execution.task.TaskOutline;
import dev.spillway.batch.execution.task.TaskOutline.After;
import dev.spillway.batch.execution.task.TaskOutline.Condition;
import dev.spillway.batch.execution.task.TaskOutline.Container;
import dev.spillway.batch.testkit.RequiresDocker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attempts of several containers and of several nodes, on a real engine. */
@RequiresDocker
class DockerTaskTest {
  private static final AttemptId ID = new AttemptId("task", 1);
  private static final OptionalInt NO_NODE = OptionalInt.empty();

  @TempDir Path data;
  private DockerRig rig;
  private TaskExecutor tasks;
  private final List<ExecutionEvent> events = new CopyOnWriteArrayList<>();
  private final Map<AttemptId, String> scripts = new ConcurrentHashMap<>();
  private final Map<AttemptId, Attempt> started = new ConcurrentHashMap<>();
  private final List<Container> outline = new ArrayList<>();

  @BeforeEach
  void open() {
    rig = new DockerRig(DockerEngine.find().orElseThrow(), data);
    tasks = new TaskExecutor(rig.executor, InstantSource.system(), Duration.ofSeconds(1));
    tasks.listen(events::add);
  }

  @AfterEach
  void close() {
    tasks.close();
    rig.close();
    rig.engine.close();
  }

  private void container(
      OptionalInt node, String name, boolean essential, String script, After... after) {
    AttemptId unit = ID.container(node, Optional.ofNullable(name));
    scripts.put(unit, script);
    outline.add(
        new Container(
            unit,
            node.orElse(0),
            Optional.ofNullable(name),
            essential,
            List.of(after),
            Optional.empty(),
            Optional.of(Duration.ofSeconds(1)),
            data.resolve("log")));
  }

  private Task task() {
    return new Task(
        new TaskOutline(ID, 0, List.copyOf(outline)),
        (container, mainNode) -> {
          Attempt attempt =
              DockerRig.attempt(
                  data,
                  container.unit(),
                  new ContainerOptions(
                      List.of(),
                      ContainerOptions.NONE.linux(),
                      List.of(new Mount("shared", Optional.empty(), "/shared", false)),
                      0,
                      OptionalInt.empty(),
                      Optional.empty(),
                      List.of(),
                      Optional.of(
                          new TaskPlace(
                              ID,
                              container.unit().node(),
                              container.unit().node().isPresent(),
                              container.name().isPresent())),
                      Optional.empty()),
                  scripts.get(container.unit()).replace("MAIN", mainNode.orElse("nobody")));
          started.put(container.unit(), attempt);
          return attempt;
        });
  }

  private ExecutionEvent end() {
    await()
        .atMost(DockerRig.PATIENCE)
        .until(() -> events.stream().anyMatch(e -> !(e instanceof ExecutionEvent.Started)));
    return events.getLast();
  }

  private String log(OptionalInt node, String name) {
    return DockerRig.log(started.get(ID.container(node, Optional.ofNullable(name))));
  }

  @Test
  void containers_of_a_task_share_their_loopback_and_their_volumes() {
    container(NO_NODE, "first", false, "echo from-first > /shared/f");
    container(
        NO_NODE,
        "side",
        false,
        "echo from-side | /bin/busybox nc -l -p 7777; /bin/busybox sleep 600");
    container(
        NO_NODE,
        "main",
        true,
        "/bin/busybox cat /shared/f; until /bin/busybox sleep 1 | /bin/busybox nc 127.0.0.1 7777; do"
            + " /bin/busybox sleep 0.1; done; exit 4",
        new After("first", Condition.SUCCESS),
        new After("side", Condition.START));

    tasks.start(task(), Optional.empty());

    assertThat(end())
        .isInstanceOfSatisfying(
            ExecutionEvent.Exited.class,
            exited -> {
              assertThat(exited.exitCode()).hasValue(4);
              assertThat(exited.containers()).hasSize(3);
            });
    assertThat(log(NO_NODE, "main")).isEqualTo("from-first\nfrom-side\n");
    assertThat(events).hasSize(2);

    tasks.forget(ID);
    await().atMost(DockerRig.PATIENCE).until(() -> left().isEmpty());
  }

  @Test
  void nodes_reach_the_main_node_by_its_address_on_a_network_of_their_own() {
    container(
        OptionalInt.of(0),
        null,
        true,
        "for i in 1 2; do /bin/busybox sleep 3 | /bin/busybox nc -l -p 700$i; done; echo heard both");
    for (int node = 1; node <= 2; node++) {
      container(
          OptionalInt.of(node),
          null,
          true,
          "until echo node-%1$d | /bin/busybox nc MAIN 700%1$d; do /bin/busybox sleep 0.1; done; /bin/busybox sleep 600"
              .formatted(node));
    }

    tasks.start(task(), Optional.empty());

    assertThat(end())
        .isInstanceOfSatisfying(
            ExecutionEvent.Exited.class,
            exited -> {
              assertThat(exited.exitCode()).hasValue(0);
              assertThat(exited.containers().stream().map(c -> c.exitCode().orElse(-1)))
                  .containsExactly(0, 137, 137);
            });
    assertThat(log(OptionalInt.of(0), null)).isEqualTo("node-1\nnode-2\nheard both\n");
    assertThat(networkOf("task#1")).endsWith("-nodes");

    tasks.forget(ID);
    await().atMost(DockerRig.PATIENCE).until(() -> left().isEmpty());
  }

  @Test
  void a_task_goes_on_over_a_restart_of_the_server() {
    container(
        OptionalInt.of(0),
        null,
        true,
        "/bin/busybox sleep 9 | /bin/busybox nc -l -p 7001; echo main over; exit 6");
    container(
        OptionalInt.of(1),
        null,
        true,
        "/bin/busybox sleep 3; echo late | /bin/busybox nc MAIN 7001; /bin/busybox sleep 600");
    tasks.start(task(), Optional.empty());
    await().atMost(DockerRig.PATIENCE).until(() -> started.size() == 2);
    tasks.close();
    events.clear();

    var again =
        new DockerExecutor(
            DockerRig.settings(data),
            rig.engine,
            rig.network,
            rig.folder,
            dev.spillway.batch.execution.AmbientEnvironment.NONE,
            InstantSource.system());
    tasks = new TaskExecutor(again, InstantSource.system(), Duration.ofSeconds(1));
    tasks.listen(events::add);
    int starts = started.size();
    tasks.recover(List.of(), List.of(task()), Map.of());

    assertThat(end())
        .isInstanceOfSatisfying(
            ExecutionEvent.Exited.class, e -> assertThat(e.exitCode()).hasValue(6));
    assertThat(started).hasSize(starts);
    assertThat(log(OptionalInt.of(0), null)).isEqualTo("late\nmain over\n");
  }

  private String networkOf(String unit) {
    return rig.engine
        .client()
        .inspectContainerCmd(Containers.name(rig.folder, new AttemptId(unit, 1)))
        .exec()
        .getNetworkSettings()
        .getNetworks()
        .keySet()
        .iterator()
        .next();
  }

  /** What the engine has of the task. */
  private List<String> left() {
    List<String> left = new ArrayList<>();
    String prefix = "spillway-" + rig.folder.abbreviated() + "-task";
    rig.engine
        .client()
        .listContainersCmd()
        .withShowAll(true)
        .exec()
        .forEach(c -> left.add(c.getNames()[0].substring(1)));
    rig.engine.client().listNetworksCmd().exec().forEach(n -> left.add(n.getName()));
    rig.engine.client().listVolumesCmd().exec().getVolumes().forEach(v -> left.add(v.getName()));
    left.removeIf(name -> !name.startsWith(prefix));
    return left;
  }
}
