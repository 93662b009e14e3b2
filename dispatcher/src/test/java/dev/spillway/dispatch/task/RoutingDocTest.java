package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.fallback.Story;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.stack.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The transcripts in docs/routing.md are what {@code spillway explain} says. After a change of
 * words: {@code -Dspillway.docs.write=true}, and read what changed.
 */
class RoutingDocTest {
  private static final Path DOC = Path.of("../docs/routing.md");

  private final Bench bench = new Bench(new MemoryTaskStore(), new Offered());

  /** Workloads with both forms; a thin queue on Fargate and one on Spot. */
  private static final class Offered implements Workloads {
    private static Workload workload(String name) {
      return new Workload(
          name,
          Optional.of(new Workload.FunctionForm(name, 900, 1769, 512, "x86_64", "zip", false)),
          Optional.of(
              new Workload.JobForm(name, "acme/" + name, 1, 2048, 0, false, 1, Optional.empty())),
          Optional.of("$.bytes"),
          Map.of(),
          Map.of());
    }

    @Override
    public Optional<Workload> find(String name) {
      return list().stream().filter(w -> w.name().equals(name)).findFirst();
    }

    @Override
    public List<Workload> list() {
      return List.of(
          workload("resize"), workload("feed"), workload("report"), workload("megastore"));
    }

    @Override
    public List<BatchQueue> queues() {
      return List.of(
          new BatchQueue("thin", Route.BATCH_FARGATE, 1, 64),
          new BatchQueue("night", Route.BATCH_SPOT, 1, 64, List.of("m5"), Load.UNKNOWN));
    }
  }

  /** Runs on Fargate that took this long, give or take a fifth. */
  private void earlierRuns(String workload, int runs, long bytes, double seconds) {
    Random random = new Random(7);
    for (int i = 0; i < runs; i++) {
      Task task =
          bench.submit(
              "{'workload': '%s', 'payload': {'bytes': %d}, 'routes': ['batch-fargate']}"
                  .formatted(workload, bytes + random.nextInt(1000)));
      String job = bench.now(task).journey().lastHop().orElseThrow().jobId().orElseThrow();
      long millis = Math.round(1000 * seconds * Math.exp(0.2 * random.nextGaussian()));
      bench.batch.succeed(job, Doubles.START, Doubles.START.plusMillis(millis));
      bench.settle();
    }
  }

  private String told(Task task) {
    return String.join(
            "\n",
            Story.tell(
                Stories.subject(bench.now(task), bench.lookup::title),
                bench.now(task).journey(),
                bench.clock.instant()))
        + "\n";
  }

  private void reads(String transcript, String told) throws IOException {
    String doc = Files.readString(DOC);
    Matcher block =
        Pattern.compile(
                "(<!-- explain: " + transcript + " -->\n```text\n)(.*?)(```)", Pattern.DOTALL)
            .matcher(doc);
    assertThat(block.find()).as("docs/routing.md has the transcript " + transcript).isTrue();
    if (Boolean.getBoolean("spillway.docs.write")) {
      Files.writeString(DOC, doc.substring(0, block.end(1)) + told + doc.substring(block.start(3)));
    } else {
      assertThat(told).as(transcript + " in docs/routing.md").isEqualTo(block.group(2));
    }
  }

  @Test
  void a_routed_task() throws IOException {
    earlierRuns("resize", 40, 2_000_000, 6.2);
    Task task =
        bench.submit(
            "{'workload': 'resize', 'name': 'resize-0412', 'payload': {'bytes': 2000000}}");
    assertThat(bench.now(task).route()).isEqualTo(Route.FUNCTION);
    bench.pass(7);
    bench.functions.succeed(task.hopKey(1), "{}");
    bench.settle();
    reads("routed", told(task));
  }

  @Test
  void a_task_that_the_function_cannot_take() throws IOException {
    Task task =
        bench.submit(
            "{'workload': 'megastore', 'name': 'megastore', 'expectedDuration': 'PT2H10M',"
                + " 'memory': '24 GiB', 'disk': '48 GiB', 'vcpus': 4}");
    String job = bench.now(task).journey().lastHop().orElseThrow().jobId().orElseThrow();
    bench.batch.move(job, "RUNNING");
    bench.settle();
    bench.pass(600);
    reads("rejected", told(task));
  }

  @Test
  void a_task_that_fell_back() throws IOException {
    earlierRuns("feed", 20, 700_000_000, 400);
    Task task =
        bench.submit(
            "{'workload': 'feed', 'name': 'acme-feed', 'objective': 'speed',"
                + " 'payload': {'bytes': 3100000000}}");
    assertThat(bench.now(task).route()).isEqualTo(Route.FUNCTION);
    bench.pass(900);
    bench.functions.fail(
        task.hopKey(1),
        "Sandbox.Timedout",
        "2026-11-21T02:15:04.000Z 918ef092-d1a7 Task timed out after 900.00 seconds");
    bench.settle();
    String job = bench.now(task).journey().lastHop().orElseThrow().jobId().orElseThrow();
    bench.pass(31);
    bench.batch.move(job, "RUNNING");
    bench.settle();
    bench.pass(1_140);
    bench.batch.succeed(job, bench.clock.instant().minusSeconds(1_140), bench.clock.instant());
    bench.settle();
    reads("fell-back", told(task));
  }

  @Test
  void a_task_with_a_deadline() throws IOException {
    earlierRuns("report", 30, 50_000_000, 240);
    Task task =
        bench.submit(
            "{'workload': 'report', 'name': 'report', 'payload': {'bytes': 50000000},"
                + " 'deadline': {'by': 'PT5M30S', 'probability': 0.95}}");
    reads("deadline", told(task));
  }
}
