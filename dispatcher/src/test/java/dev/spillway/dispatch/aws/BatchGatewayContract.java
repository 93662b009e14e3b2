package dev.spillway.dispatch.aws;

import static dev.spillway.dispatch.aws.Starts.job;
import static dev.spillway.dispatch.aws.Starts.key;
import static dev.spillway.dispatch.aws.Starts.on;
import static dev.spillway.dispatch.aws.Starts.sharing;
import static dev.spillway.dispatch.aws.Starts.wide;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.aws.BatchGateway.Definition;
import dev.spillway.dispatch.aws.BatchGateway.Event;
import dev.spillway.dispatch.aws.BatchGateway.Job;
import dev.spillway.dispatch.aws.BatchGateway.Share;
import dev.spillway.dispatch.aws.BatchGateway.Start;
import dev.spillway.dispatch.wiring.ContractServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** What every adapter of {@link BatchGateway} promises, over a real engine that runs real jobs. */
@Tag("conformance")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class BatchGatewayContract {
  static final ContractServer SERVER = ContractServer.shared();

  /** Batch's least limit is a minute: this one runs into it while the other tests run. */
  private static final String OVERTIME = submitOvertime();

  final List<Event> events = new CopyOnWriteArrayList<>();
  private final Set<String> followed = ConcurrentHashMap.newKeySet();
  BatchGateway gateway;

  /** A gateway that knows nothing yet, over the same engine. */
  abstract BatchGateway open();

  private static String submitOvertime() {
    List<Event> heard = new CopyOnWriteArrayList<>();
    try (var first = new EmbeddedBatchGateway(SERVER.batch(), SERVER.events())) {
      first.listen(heard::add);
      first.start(job("overtime/1", "sleep 600", OptionalInt.of(60), false));
    }
    return heard.stream()
        .flatMap(e -> e instanceof Event.Sent(_, String id) ? Stream.of(id) : Stream.empty())
        .findFirst()
        .orElseThrow();
  }

  @BeforeEach
  void listen() {
    gateway = listening(open(), events);
  }

  private BatchGateway listening(BatchGateway opened, List<Event> heard) {
    // As the runner does: news of a job that it knows is followed.
    opened.listen(
        event -> {
          heard.add(event);
          if (event instanceof Event.Changed(String jobId) && followed.contains(jobId)) {
            opened.follow(jobId);
          }
        });
    return opened;
  }

  void follow(String jobId) {
    followed.add(jobId);
    gateway.follow(jobId);
  }

  @AfterEach
  void close() {
    gateway.close();
  }

  /** What came of a start. */
  Event outcome(String key) {
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> outcomes(key).findFirst().isPresent());
    return outcomes(key).findFirst().orElseThrow();
  }

  Stream<Event> outcomes(String key) {
    return events.stream()
        .filter(
            event ->
                switch (event) {
                  case Event.Sent(String of, _) -> of.equals(key);
                  case Event.NotSent(String of, _, _, _) -> of.equals(key);
                  case Event.Absent(String of) -> of.equals(key);
                  case Event.Changed _, Event.Seen _, Event.Gone _ -> false;
                });
  }

  String sent(Start start) {
    gateway.start(start);
    Event outcome = outcome(start.hopKey());
    assertThat(outcome).isInstanceOf(Event.Sent.class);
    String jobId = ((Event.Sent) outcome).jobId();
    follow(jobId);
    return jobId;
  }

  Stream<Job> seen(String jobId) {
    return events.stream()
        .flatMap(event -> event instanceof Event.Seen(Job job) ? Stream.of(job) : Stream.empty())
        .filter(job -> job.jobId().equals(jobId));
  }

  Job ended(String jobId) {
    return seenAs(jobId, "SUCCEEDED", "FAILED");
  }

  Job seenAs(String jobId, String... statuses) {
    List<String> wanted = List.of(statuses);
    await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> seen(jobId).anyMatch(job -> wanted.contains(job.status())));
    return seen(jobId).filter(job -> wanted.contains(job.status())).findFirst().orElseThrow();
  }

  @Test
  void a_job_that_ends_well_is_seen_to_its_end_with_its_attempt() {
    Job job = ended(sent(job(key(), "test \"$WHO\" = 'Zoë & \"friends\"'")));
    assertThat(job.status()).isEqualTo("SUCCEEDED");
    assertThat(job.exitCode()).hasValue(0);
    assertThat(job.attempts()).hasSize(1);
    BatchGateway.JobAttempt attempt = job.attempts().getFirst();
    assertThat(attempt.exitCode()).hasValue(0);
    assertThat(attempt.startedAtMillis()).isPositive();
    assertThat(attempt.stoppedAtMillis()).isGreaterThanOrEqualTo(attempt.startedAtMillis());
    assertThat(attempt.logStreamName()).isPresent();
  }

  @Test
  void a_job_that_fails_tells_its_exit_code_and_is_not_tried_again() {
    Job job = ended(sent(job(key(), "exit 42")));
    assertThat(job.status()).isEqualTo("FAILED");
    assertThat(job.exitCode()).hasValue(42);
    assertThat(job.statusReason()).hasValue("Essential container in task exited");
    assertThat(job.attempts()).hasSize(1);
    assertThat(job.attempts().getFirst().exitCode()).hasValue(42);
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void a_job_that_runs_out_of_time_says_so() {
    follow(OVERTIME);
    assertThat(ended(OVERTIME).statusReason().orElseThrow())
        .startsWith("Job attempt duration exceeded timeout");
  }

  @Test
  void a_job_is_seen_running_before_it_ends() {
    String jobId = sent(job(key(), "sleep 2"));
    assertThat(seenAs(jobId, "RUNNING").exitCode()).isEmpty();
    assertThat(ended(jobId).status()).isEqualTo("SUCCEEDED");
  }

  @Test
  void a_queue_that_does_not_exist_is_a_400_that_names_it() {
    Start start = on(job(key(), "exit 0"), "nowhere", "contract");
    gateway.start(start);
    assertThat(outcome(start.hopKey()))
        .isInstanceOfSatisfying(
            Event.NotSent.class,
            refused -> {
              assertThat(refused.status()).isEqualTo(400);
              assertThat(refused.errorType()).isEqualTo("ClientException");
              assertThat(refused.message()).contains("nowhere");
            });
  }

  @Test
  void a_share_and_its_priority_reach_the_job_in_a_fair_share_queue() {
    String queue = fairShareQueue();
    String jobId =
        sent(
            sharing(
                job(key(), "exit 0"), queue, new Share(Optional.of("night"), OptionalInt.of(70))));
    ObjectNode asked = JsonNodeFactory.instance.objectNode();
    asked.putArray("jobs").add(jobId);
    JsonNode job = SERVER.batch().call("describejobs", asked).path("jobs").path(0);
    assertThat(job.path("shareIdentifier").asText()).isEqualTo("night");
    assertThat(job.path("schedulingPriority").intValue()).isEqualTo(70);
  }

  @Test
  void a_share_in_a_queue_without_a_policy_is_a_400_in_the_words_of_batch() {
    Start start =
        sharing(
            job(key(), "exit 0"), "contract", new Share(Optional.of("night"), OptionalInt.empty()));
    gateway.start(start);
    assertThat(outcome(start.hopKey()))
        .isInstanceOfSatisfying(
            Event.NotSent.class,
            refused -> {
              assertThat(refused.status()).isEqualTo(400);
              assertThat(refused.message()).contains("fair share scheduling policy");
            });
  }

  private static String fairShareQueue() {
    String name = "fair-" + UUID.randomUUID();
    ObjectNode policy = JsonNodeFactory.instance.objectNode().put("name", name);
    policy.putObject("fairsharePolicy").put("shareDecaySeconds", 600);
    ObjectNode queue = JsonNodeFactory.instance.objectNode().put("jobQueueName", name);
    queue
        .put("priority", 1)
        .set(
            "schedulingPolicyArn",
            SERVER.batch().call("createschedulingpolicy", policy).path("arn"));
    queue
        .putArray("computeEnvironmentOrder")
        .addObject()
        .put("order", 1)
        .put("computeEnvironment", "contract");
    SERVER.batch().call("createjobqueue", queue);
    ObjectNode asked = JsonNodeFactory.instance.objectNode();
    asked.putArray("jobQueues").add(name);
    await()
        .until(
            () ->
                SERVER
                    .batch()
                    .call("describejobqueues", asked)
                    .path("jobQueues")
                    .path(0)
                    .path("status")
                    .asText()
                    .equals("VALID"));
    return name;
  }

  @Test
  void a_job_definition_that_does_not_exist_is_a_400() {
    Start start = on(job(key(), "exit 0"), "contract", "nothing:7");
    gateway.start(start);
    assertThat(outcome(start.hopKey()))
        .isInstanceOfSatisfying(
            Event.NotSent.class, refused -> assertThat(refused.status()).isEqualTo(400));
  }

  @Test
  void a_key_started_again_is_the_job_that_it_was() {
    String key = key();
    String jobId = sent(job(key, "sleep 1"));
    events.clear();
    gateway.start(job(key, "sleep 1", OptionalInt.empty(), true));
    assertThat(outcome(key)).isEqualTo(new Event.Sent(key, jobId));
  }

  @Test
  void a_new_gateway_finds_by_its_key_what_runs_and_sees_it_to_its_end() {
    String key = key();
    Start start = job(key, "sleep 2");
    String jobId = sent(start);
    gateway.close();
    events.clear();
    gateway = listening(open(), events);
    gateway.lookup(start);
    assertThat(outcome(key)).isEqualTo(new Event.Sent(key, jobId));
    follow(jobId);
    assertThat(ended(jobId).status()).isEqualTo("SUCCEEDED");
  }

  @Test
  void one_that_ended_is_found_by_its_key_too() {
    Start start = job(key(), "exit 3");
    String jobId = sent(start);
    ended(jobId);
    events.clear();
    gateway.lookup(start);
    assertThat(outcome(start.hopKey())).isEqualTo(new Event.Sent(start.hopKey(), jobId));
    follow(jobId);
    assertThat(ended(jobId).exitCode()).hasValue(3);
  }

  @Test
  void looking_for_a_key_that_was_never_sent_sends_nothing() {
    Start start = job(key(), "exit 0");
    gateway.lookup(start);
    assertThat(outcome(start.hopKey())).isEqualTo(new Event.Absent(start.hopKey()));
    events.clear();
    gateway.lookup(start);
    assertThat(outcome(start.hopKey())).isEqualTo(new Event.Absent(start.hopKey()));
  }

  @Test
  void an_array_job_is_its_children_by_index_and_is_found_by_its_key() {
    Start start = array("exit $AWS_BATCH_JOB_ARRAY_INDEX", 3);
    String jobId = sent(start);
    for (int i = 0; i < 3; i++) {
      follow(jobId + ":" + i);
    }
    for (int i = 0; i < 3; i++) {
      Job child = ended(jobId + ":" + i);
      assertThat(child.exitCode()).hasValue(i);
      assertThat(child.attempts().getFirst().logStreamName()).isPresent();
    }
    events.clear();
    gateway.find(start);
    assertThat(outcome(start.hopKey())).isEqualTo(new Event.Sent(start.hopKey(), jobId));
    events.clear();
    gateway.lookup(start);
    assertThat(outcome(start.hopKey())).isEqualTo(new Event.Sent(start.hopKey(), jobId));
  }

  @Test
  void one_child_is_stopped_and_the_others_go_on() {
    String jobId = sent(array("sleep 4", 2));
    follow(jobId + ":0");
    follow(jobId + ":1");
    seenAs(jobId + ":1", "RUNNING");
    gateway.cancel("unused", Optional.of(jobId + ":1"), "not needed");
    assertThat(ended(jobId + ":1").statusReason()).hasValue("not needed");
    assertThat(ended(jobId + ":0").status()).isEqualTo("SUCCEEDED");
  }

  private static Start array(String script, int size) {
    String key = UUID.randomUUID().toString();
    return job("unused/1", script).array(key, "contract-pack-" + key, Map.of(), size);
  }

  @Test
  void finding_a_key_that_was_never_sent_sends_nothing() {
    Start start = job(key(), "exit 0");
    gateway.find(start);
    assertThat(outcome(start.hopKey())).isEqualTo(new Event.Absent(start.hopKey()));
  }

  @Test
  void a_job_that_is_stopped_while_it_runs_fails_with_the_reason_given() {
    String key = key();
    String jobId = sent(job(key, "sleep 600"));
    seenAs(jobId, "RUNNING");
    gateway.cancel(key, Optional.of(jobId), "given up for a test");
    Job job = ended(jobId);
    assertThat(job.status()).isEqualTo("FAILED");
    assertThat(job.statusReason()).hasValue("given up for a test");
    gateway.cancel(key, Optional.of(jobId), "again");
  }

  @Test
  void a_job_that_is_stopped_while_it_waits_never_runs() {
    // The environment has 256 vCPUs.
    String first = sent(wide(key(), 200));
    String second = sent(wide(key(), 200));
    seenAs(second, "RUNNABLE");
    gateway.cancel("unused", Optional.of(second), "not needed");
    Job job = ended(second);
    assertThat(job.statusReason()).hasValue("not needed");
    assertThat(job.attempts()).isEmpty();
    gateway.cancel("unused", Optional.of(first), "not needed either");
    assertThat(ended(first).status()).isEqualTo("FAILED");
  }

  @Test
  void a_job_that_nobody_knows_is_gone() {
    String jobId = UUID.randomUUID().toString();
    follow(jobId);
    await().atMost(Duration.ofSeconds(10)).until(() -> events.contains(new Event.Gone(jobId)));
  }

  @Test
  void a_hundred_and_one_jobs_are_all_seen_to_their_end() {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 101; i++) {
      String key = key();
      keys.add(key);
      gateway.start(job(key, "exit " + i % 2));
    }
    List<String> ids = keys.stream().map(key -> ((Event.Sent) outcome(key)).jobId()).toList();
    assertThat(new HashSet<>(ids)).hasSize(101);
    ids.forEach(this::follow);
    for (int i = 0; i < 101; i++) {
      assertThat(ended(ids.get(i)).exitCode()).as("job %d", i).hasValue(i % 2);
    }
  }

  @Test
  void a_definition_is_registered_once_and_its_newest_revision_is_found() {
    String name = "own-" + UUID.randomUUID();
    assertThat(gateway.activeRevision(name)).isEmpty();
    var definition = new Definition(name, "sh", List.of("exit 0"), 1, 64, 0);
    assertThat(gateway.define(definition)).isEqualTo(name + ":1");
    assertThat(gateway.define(definition)).isEqualTo(name + ":1");
    assertThat(gateway.activeRevision(name)).hasValue(name + ":1");
    assertThat(ended(sent(on(job(key(), "exit 0"), "contract", name + ":1"))).status())
        .isEqualTo("SUCCEEDED");
  }

  @Test
  void the_newest_of_a_hundred_and_two_revisions_is_found() {
    String name = "many-" + UUID.randomUUID();
    for (int i = 0; i < 102; i++) {
      SERVER
          .batch()
          .call(
              "registerjobdefinition",
              BatchJson.register(new Definition(name, "sh", List.of("exit " + i), 1, 64, 0)));
    }
    assertThat(gateway.activeRevision(name)).hasValue(name + ":102");
  }

  @Test
  void a_definition_that_batch_does_not_take_is_refused_in_its_words() {
    var definition = new Definition("bad name!", "sh", List.of(), 1, 64, 0);
    assertThatThrownBy(() -> gateway.define(definition))
        .isInstanceOf(BatchGateway.RefusedException.class);
  }
}
