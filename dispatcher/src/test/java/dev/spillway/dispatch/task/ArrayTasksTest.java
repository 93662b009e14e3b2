package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.Spent;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.fallback.TaskStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrayTasksTest {
  private final Bench bench = new Bench();

  private static String array(int size, String more) {
    return "{'workload': 'only-function', 'payload': {'a': 1}, 'arrayProperties': {'size': "
        + size
        + "}"
        + more
        + "}";
  }

  private String payload(String hopKey) {
    return new String(bench.functions.running.get(hopKey).payload().read(), StandardCharsets.UTF_8);
  }

  private Task child(Task parent, int index) {
    return bench.store.find(Task.childId(parent.taskId(), index)).orElseThrow();
  }

  private void succeedAll() {
    for (int rounds = 0; rounds < 100 && !bench.functions.running.isEmpty(); rounds++) {
      List.copyOf(bench.functions.running.keySet())
          .forEach(key -> bench.functions.succeed(key, "1"));
      bench.pass(0);
      bench.pass(0);
    }
  }

  private void lines(String uri, int many) {
    bench.objects.content.put(
        uri,
        IntStream.range(0, many)
            .mapToObj(i -> "{\"line\":" + i + "}\n")
            .collect(Collectors.joining())
            .getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void children_are_tasks_of_their_own_with_the_shared_payload_and_their_index() {
    Task parent = bench.submit(array(3, ", 'tags': {'team': 'x'}"));
    assertThat(bench.now(parent).status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(bench.functions.started)
        .containsExactly(
            parent.taskId() + ":0/1", parent.taskId() + ":1/1", parent.taskId() + ":2/1");
    assertThat(payload(parent.taskId() + ":2/1")).isEqualTo("{\"a\":1,\"arrayIndex\":2}");
    assertThat(child(parent, 1).document().tags()).containsEntry("team", "x");
    succeedAll();
    assertThat(bench.now(parent).status()).isEqualTo(TaskStatus.SUCCEEDED);
    assertThat(child(parent, 1).result()).isPresent();
  }

  @Test
  void a_child_that_fails_stops_no_other_and_fails_the_array_in_the_end() {
    Task parent = bench.submit(array(4, ""));
    bench.functions.fail(parent.taskId() + ":1/1", "Boom", "x");
    bench.pass(0);
    assertThat(bench.now(parent).status()).isEqualTo(TaskStatus.RUNNING);
    succeedAll();
    assertThat(bench.now(parent).journey().state())
        .isInstanceOfSatisfying(
            TaskState.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo("1 of 4 children failed; it is 1."));
    assertThat(child(parent, 3).status()).isEqualTo(TaskStatus.SUCCEEDED);
  }

  @Test
  void the_canary_goes_first_and_the_rest_when_it_has_ended() {
    Task parent =
        bench.submit("{'workload': 'resize', 'payload': {}, 'arrayProperties': {'size': 30}}");
    assertThat(bench.functions.started).hasSize(8);
    assertThat(
            String.join("\n", Stories.tell(bench.now(parent), bench.lookup::title, Doubles.START)))
        .contains("canary: 0 of 8 done, then it is decided where the rest goes");
    succeedAll();
    assertThat(bench.functions.started).hasSize(30);
    assertThat(bench.now(parent).status()).isEqualTo(TaskStatus.SUCCEEDED);
    assertThat(
            String.join("\n", Stories.tell(bench.now(parent), bench.lookup::title, Doubles.START)))
        .contains("canary: 8 of 8 done, so the rest goes to function");
  }

  @Test
  void there_is_no_canary_where_a_hint_was_given() {
    bench.submit(
        "{'workload': 'resize', 'expectedDuration': 'PT1S', 'arrayProperties': {'size': 30}}");
    assertThat(bench.functions.started).hasSize(30);
  }

  @Test
  void line_n_of_the_object_is_the_payload_of_child_n_and_is_read_when_dependencies_are_met() {
    Task first = bench.submit("{'workload': 'only-function'}");
    Task parent =
        bench.submit(
            "{'workload': 'only-function', 'payloadsS3Uri': 's3://inputs/lines.jsonl', 'dependsOn':"
                + " [{'taskId': '"
                + first.taskId()
                + "'}]}");
    assertThat(parent.status()).isEqualTo(TaskStatus.PENDING);
    lines("s3://inputs/lines.jsonl", 5);
    bench.functions.succeed(first.hopKey(1), "1");
    bench.pass(0);
    bench.pass(0);
    assertThat(bench.now(parent).array().map(ArrayState::size)).contains(5);
    assertThat(payload(parent.taskId() + ":4/1")).isEqualTo("{\"line\":4}");
    succeedAll();
    assertThat(bench.now(parent).status()).isEqualTo(TaskStatus.SUCCEEDED);
  }

  @Test
  void an_array_whose_lines_are_missing_or_wrong_fails_and_says_why() {
    Task missing =
        bench.submit("{'workload': 'only-function', 'payloadsS3Uri': 's3://inputs/none'}");
    assertThat(failure(missing)).contains("s3://inputs/none does not exist");
    lines("s3://inputs/five", 5);
    Task other =
        bench.submit(
            "{'workload': 'only-function', 'payloadsS3Uri': 's3://inputs/five',"
                + " 'arrayProperties': {'size': 6}}");
    assertThat(failure(other)).contains("has 5 lines, but arrayProperties.size is 6");
    bench.objects.content.put("s3://inputs/bad", "1\n{x\n".getBytes(StandardCharsets.UTF_8));
    Task bad = bench.submit("{'workload': 'only-function', 'payloadsS3Uri': 's3://inputs/bad'}");
    assertThat(failure(bad)).contains("has no JSON in line 1");
    lines("s3://inputs/many", 10_001);
    Task many = bench.submit("{'workload': 'only-function', 'payloadsS3Uri': 's3://inputs/many'}");
    assertThat(failure(many)).contains("10001 lines are more than maxArraySize allows, 10000");
  }

  private String failure(Task task) {
    return ((TaskState.Failed) bench.now(task).journey().state()).reason();
  }

  @Test
  void an_object_that_changes_while_children_are_made_stops_the_array() {
    lines("s3://inputs/changing", 5_000);
    Task parent =
        bench.submit("{'workload': 'only-function', 'payloadsS3Uri': 's3://inputs/changing'}");
    assertThat(bench.now(parent).array().map(ArrayState::made)).contains(2_000);
    lines("s3://inputs/changing", 5_001);
    Bench restarted = new Bench(bench.store);
    restarted.objects.content.putAll(bench.objects.content);
    List.copyOf(bench.functions.running.keySet()).stream()
        .limit(600)
        .forEach(key -> bench.functions.succeed(key, "1"));
    bench.settle();
    restarted.pass(0);
    restarted.pass(0);
    assertThat(failure(parent)).contains("has changed since its first children were made");
  }

  @Test
  void an_array_cost_what_its_ended_children_did_and_wasted_what_they_wasted() {
    Task parent = bench.submit(array(3, ""));
    bench.clock.plusSeconds(30);
    bench.functions.fail(parent.taskId() + ":1/1", "Boom", "x");
    bench.pass(0);
    Spent failed = child(parent, 1).spent();
    assertThat(failed.wasted()).isPositive();
    assertThat(bench.now(parent).spent()).isEqualTo(failed);
    assertThat(story(parent)).contains("Those that have ended cost $");
    bench.clock.plusSeconds(30);
    succeedAll();
    assertThat(bench.now(parent).spent().cost())
        .isCloseTo(
            IntStream.range(0, 3).mapToDouble(i -> child(parent, i).spent().cost()).sum(),
            within(1e-12));
    assertThat(bench.now(parent).spent().wasted()).isEqualTo(failed.wasted());
    assertThat(story(parent)).contains("Its children cost $").contains(" was wasted.");
  }

  private String story(Task task) {
    return String.join("\n", bench.lookup.story(bench.now(task)));
  }

  @Test
  void a_child_that_was_not_run_again_is_found_where_it_ran() {
    Task first = bench.submit(array(3, ""));
    bench.functions.succeed(first.taskId() + ":0/1", "1");
    bench.functions.fail(first.taskId() + ":1/1", "Boom", "x");
    bench.functions.fail(first.taskId() + ":2/1", "Boom", "x");
    bench.pass(0);
    Task second = rerun(first);
    bench.functions.succeed(second.taskId() + ":1/1", "1");
    bench.functions.fail(second.taskId() + ":2/1", "Boom", "x");
    bench.pass(0);
    Task third = rerun(second);
    assertThat(bench.lookup.find(third.taskId() + ":0").taskId()).isEqualTo(first.taskId() + ":0");
    assertThat(bench.lookup.await(third.taskId() + ":1", Duration.ZERO).taskId())
        .isEqualTo(second.taskId() + ":1");
    assertThat(bench.lookup.find(third.taskId() + ":2").taskId()).isEqualTo(third.taskId() + ":2");
    assertThat(bench.requests.cancel(third.taskId() + ":0", "enough")).isEmpty();
    assertThatThrownBy(() -> bench.lookup.find(third.taskId() + ":3"))
        .isInstanceOf(RefusedException.class);
    assertThat(story(third))
        .contains("2 of them succeeded in only-function " + Task.shortId(second.taskId()));
  }

  private Task rerun(Task array) {
    Task again =
        bench
            .requests
            .rerun(array.taskId(), true, Optional.empty())
            .orElseThrow()
            .tasks()
            .getFirst();
    bench.pass(0);
    return again;
  }

  @Test
  void a_cancel_reaches_all_children_and_makes_no_more() {
    Task parent = bench.submit(array(5_000, ""));
    assertThat(bench.functions.started).hasSize(2_000);
    bench.requests.cancel(parent.taskId(), "enough");
    bench.pass(0);
    assertThat(bench.functions.cancelled).hasSize(2_000);
    assertThat(failure(parent)).isEqualTo("enough");
    assertThat(bench.functions.started).hasSize(2_000);
    assertThat(child(parent, 7).status()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void a_task_that_waits_for_an_array_waits_for_the_whole_of_it() {
    Task parent = bench.submit(array(2, ""));
    Task after =
        bench.submit(
            "{'workload': 'only-function', 'dependsOn': [{'taskId': '" + parent.taskId() + "'}]}");
    bench.functions.succeed(parent.taskId() + ":0/1", "1");
    bench.pass(0);
    assertThat(bench.now(after).status()).isEqualTo(TaskStatus.PENDING);
    bench.functions.succeed(parent.taskId() + ":1/1", "1");
    bench.pass(0);
    assertThat(bench.now(after).status()).isEqualTo(TaskStatus.RUNNING);
  }

  @Test
  void of_a_sequential_array_each_child_waits_for_the_one_before() {
    Task parent = bench.submit(array(3, ", 'dependsOn': [{'type': 'SEQUENTIAL'}]"));
    for (int i = 0; i < 3; i++) {
      assertThat(bench.functions.running.keySet())
          .containsExactly(parent.taskId() + ":" + i + "/1");
      bench.functions.succeed(parent.taskId() + ":" + i + "/1", "1");
      bench.pass(0);
    }
    assertThat(bench.now(parent).status()).isEqualTo(TaskStatus.SUCCEEDED);
  }

  @Test
  void a_failure_in_a_sequential_array_fails_all_after_it() {
    Task parent = bench.submit(array(4, ", 'dependsOn': [{'type': 'SEQUENTIAL'}]"));
    bench.functions.succeed(parent.taskId() + ":0/1", "1");
    bench.pass(0);
    bench.functions.fail(parent.taskId() + ":1/1", "Boom", "x");
    bench.pass(0);
    assertThat(failure(parent)).startsWith("3 of 4 children failed");
  }

  @Test
  void n_to_n_lets_each_child_wait_for_the_one_with_its_index() {
    List<Task> both =
        bench.submitAll(
            "{'tasks': ["
                + array(3, ", 'name': 'a'")
                + ","
                + array(3, ", 'name': 'b', 'dependsOn': [{'name': 'a', 'type': 'N_TO_N'}]")
                + "]}");
    String a = both.getFirst().taskId();
    String b = both.getLast().taskId();
    assertThat(bench.functions.started).hasSize(3);
    bench.functions.succeed(a + ":2/1", "1");
    bench.functions.fail(a + ":1/1", "Boom", "x");
    bench.pass(0);
    assertThat(bench.functions.running.keySet()).containsExactly(a + ":0/1", b + ":2/1");
    assertThat(bench.store.find(b + ":1").orElseThrow().status()).isEqualTo(TaskStatus.FAILED);
    succeedAll();
    assertThat(failure(both.getLast())).contains("1 of 3 children failed");
  }

  @Test
  void children_of_an_array_that_was_stopped_before_it_made_them_are_not_waited_for() {
    List<Task> both =
        bench.submitAll(
            "{'tasks': ["
                + array(3_000, ", 'name': 'a'")
                + ","
                + array(3_000, ", 'name': 'b', 'dependsOn': [{'name': 'a', 'type': 'N_TO_N'}]")
                + "]}");
    bench.requests.cancel(both.getFirst().taskId(), "enough");
    bench.settle();
    for (int i = 0; i < 10; i++) {
      bench.pass(0);
    }
    assertThat(bench.now(both.getFirst()).status()).isEqualTo(TaskStatus.FAILED);
    assertThat(bench.now(both.getLast()).status()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void children_are_listed_by_status_and_counted_and_lists_of_tasks_leave_them_out() {
    Task parent = bench.submit(array(5, ""));
    bench.functions.fail(parent.taskId() + ":3/1", "Boom", "x");
    bench.pass(0);
    TaskStore.Page failed =
        bench.lookup.children(bench.now(parent), List.of(TaskStatus.FAILED), Optional.empty(), 10);
    assertThat(failed.tasks()).extracting(Task::taskId).containsExactly(parent.taskId() + ":3");
    List<String> all = new ArrayList<>();
    Optional<String> token = Optional.empty();
    do {
      TaskStore.Page page = bench.lookup.children(bench.now(parent), List.of(), token, 2);
      page.tasks().forEach(t -> all.add(t.taskId()));
      token = page.nextToken();
    } while (token.isPresent());
    assertThat(all).hasSize(5).doesNotHaveDuplicates();
    assertThat(bench.lookup.childCounts(bench.now(parent)))
        .containsEntry(TaskStatus.FAILED, 1)
        .containsEntry(TaskStatus.RUNNING, 4);
    assertThat(bench.lookup.list(TaskStore.Filter.ALL, Optional.empty(), 100).tasks()).hasSize(1);
    assertThat(bench.lookup.find(parent.taskId().substring(0, 8)).taskId())
        .isEqualTo(parent.taskId());
    assertThat(bench.lookup.find(parent.taskId().substring(0, 8) + ":3").taskId())
        .isEqualTo(parent.taskId() + ":3");
  }

  @Test
  void what_cannot_be_an_array_is_refused_and_says_what_to_change() {
    refused(array(1, ""), "arrayProperties: this object is not {size: n}");
    refused(array(10_001, ""), "more than maxArraySize allows, 10000");
    refused(
        "{'workload': 'resize', 'payload': [1], 'arrayProperties': {'size': 2}}",
        "is not an object; the children of an array get it with arrayIndex");
    refused(
        "{'workload': 'resize', 'dependsOn': [{'type': 'SEQUENTIAL'}]}",
        "SEQUENTIAL, which is for arrays");
    Task single = bench.submit("{'workload': 'resize'}");
    refused(
        array(2, ", 'dependsOn': [{'taskId': '" + single.taskId() + "', 'type': 'N_TO_N'}]"),
        "which is no array");
    Task three = bench.submit(array(3, ""));
    refused(
        array(2, ", 'dependsOn': [{'taskId': '" + three.taskId() + "', 'type': 'N_TO_N'}]"),
        "which has 3 children, but this has 2");
    refused(
        "{'workload': 'resize', 'payload': {}, 'payloadsS3Uri': 's3://inputs/lines'}",
        "cannot be given beside payload");
  }

  private void refused(String document, String why) {
    assertThatThrownBy(() -> bench.submit(document))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(why);
  }

  @Test
  void a_child_as_a_job_is_told_its_index_and_writes_into_the_folder_of_its_array() {
    Task parent =
        bench.submit(
            "{'workload': 'feed', 'payload': {'shop': 'acme'}, 'expectedDuration': 'PT1H',"
                + " 'arrayProperties': {'size': 2}}");
    var start = bench.batch.starts.get(bench.batch.idByKey.get(parent.taskId() + ":1/1"));
    assertThat(start.jobName()).endsWith(parent.taskId() + "_1-1").matches("[a-zA-Z0-9_-]{1,128}");
    assertThat(start.environment())
        .containsEntry("SPILLWAY_TASK_ID", parent.taskId() + ":1")
        .containsEntry("SPILLWAY_ARRAY_INDEX", "1")
        .containsEntry("SPILLWAY_PAYLOAD", "{\"shop\":\"acme\",\"arrayIndex\":1}")
        .containsEntry(
            "SPILLWAY_RESULT_S3",
            "s3://spillway/tasks/" + parent.taskId() + "/1/hop-1/result.json");
  }
}
