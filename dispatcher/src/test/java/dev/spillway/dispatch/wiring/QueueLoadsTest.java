package dev.spillway.dispatch.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.EngineAccess;
import dev.spillway.dispatch.aws.SdkQueueLoads;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.stack.Workloads;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Both ways to see how busy a queue is, over a real engine with real jobs. */
@Tag("conformance")
class QueueLoadsTest {
  private static final ContractServer SERVER = ContractServer.shared();
  private static final int VCPUS = 2;

  private final String queue = "busy-" + UUID.randomUUID();
  private final List<String> jobs = new ArrayList<>();

  private final Workloads tagged =
      new Workloads() {
        @Override
        public Optional<Workload> find(String name) {
          return Optional.empty();
        }

        @Override
        public List<Workload> list() {
          return List.of();
        }

        @Override
        public List<BatchQueue> queues() {
          return List.of(new BatchQueue(queue, Route.BATCH_EC2, 1, VCPUS));
        }
      };

  @AfterEach
  void stop() {
    jobs.forEach(
        id -> call("terminatejob", object().put("jobId", id).put("reason", "the test is over")));
  }

  @Test
  void the_engine_is_seen_to_fill_and_to_wait() {
    try (var engine =
        new EngineLoads(
            () -> SERVER.part(EngineAccess.class).view(),
            SERVER.events(),
            tagged,
            InstantSource.system())) {
      fillsAndWaits(engine::look);
    }
  }

  @Test
  void batch_is_seen_to_fill_and_to_wait() {
    try (var clients = SERVER.clients()) {
      fillsAndWaits(
          new SdkQueueLoads(clients.batch(), tagged::queues, InstantSource.system())::look);
    }
  }

  private void fillsAndWaits(Supplier<Map<String, Load>> look) {
    makeQueue();
    assertThat(look.get())
        .hasEntrySatisfying(
            queue,
            load -> {
              assertThat(load.up()).isFalse();
              assertThat(load.waitSeconds()).isZero();
              assertThat(load.free()).isPositive();
            });
    submit("exit 0");
    seen(look, load -> load.up() && load.waitSeconds() == 0);
    for (int i = 0; i < 2 * VCPUS; i++) {
      submit("sleep 600");
    }
    Load busy = seen(look, load -> load.before() == VCPUS && load.waitSeconds() > 0);
    assertThat(busy.up()).isFalse();
  }

  private Load seen(Supplier<Map<String, Load>> look, Predicate<Load> wanted) {
    return await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> look.get().get(queue), wanted);
  }

  private void submit(String script) {
    ObjectNode job =
        object().put("jobName", "j").put("jobQueue", queue).put("jobDefinition", "contract");
    job.putObject("containerOverrides").putArray("command").add(script);
    jobs.add(call("submitjob", job).path("jobId").asText());
  }

  private void makeQueue() {
    ObjectNode environment = object().put("computeEnvironmentName", queue).put("type", "MANAGED");
    ObjectNode resources =
        environment
            .putObject("computeResources")
            .put("type", "EC2")
            .put("minvCpus", 0)
            .put("maxvCpus", VCPUS)
            .put("instanceRole", "role");
    resources.putArray("instanceTypes").add("c5.large");
    resources.putArray("subnets").add("subnet-1");
    resources.putArray("securityGroupIds").add("sg-1");
    call("createcomputeenvironment", environment);
    ObjectNode asked = object();
    asked.putArray("computeEnvironments").add(queue);
    await()
        .until(
            () ->
                call("describecomputeenvironments", asked)
                    .path("computeEnvironments")
                    .path(0)
                    .path("status")
                    .asText()
                    .equals("VALID"));
    ObjectNode made = object().put("jobQueueName", queue).put("priority", 1);
    made.putArray("computeEnvironmentOrder")
        .addObject()
        .put("order", 1)
        .put("computeEnvironment", queue);
    call("createjobqueue", made);
  }

  private static ObjectNode call(String operation, ObjectNode request) {
    return SERVER.batch().call(operation, request);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
