package dev.spillway.dispatch.trigger;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.JobLogReader;
import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.task.Bench;
import dev.spillway.dispatch.task.DocumentReader;
import dev.spillway.dispatch.task.Doubles;
import dev.spillway.dispatch.task.Learnt;
import dev.spillway.dispatch.task.TaskLookup;
import dev.spillway.dispatch.task.TaskRequests;
import dev.spillway.dispatch.task.TaskStore;
import dev.spillway.dispatch.wiring.ServerAddress;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TasksHttpTest {
  private final HttpClient client = HttpClient.newHttpClient();
  private Bench bench;
  private EmbeddedServer server;

  @BeforeEach
  void start() {
    bench = new Bench();
    ApplicationContext context =
        ApplicationContext.builder()
            .properties(Map.of("micronaut.server.port", -1, "micronaut.server.host", "127.0.0.1"))
            .build();
    JobLogReader logs =
        (jobId, attempt, offset, most) ->
            attempt == 1
                ? Optional.of(
                    new JobLogReader.Piece(
                        offset == 0 ? "line\n".getBytes(StandardCharsets.UTF_8) : new byte[0],
                        5,
                        true))
                : Optional.empty();
    context.registerSingleton(JobLogReader.class, logs);
    context.registerSingleton(
        ServerAddress.class,
        new ServerAddress(URI.create("http://127.0.0.1:8081"), "process", "embedded"));
    context.registerSingleton(TaskRequests.class, bench.requests);
    context.registerSingleton(TaskLookup.class, bench.lookup);
    context.registerSingleton(Learnt.class, bench.learnt);
    context.start();
    server = context.getBean(EmbeddedServer.class).start();
  }

  @AfterEach
  void stop() {
    server.getApplicationContext().close();
  }

  private HttpResponse<String> send(String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.getURL() + path))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    } else if (body != null) {
      request.header("Content-Type", "application/json");
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return send("POST", path, body.replace('\'', '"'));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send("GET", path, null);
  }

  private static JsonNode json(HttpResponse<String> response) {
    return DocumentReader.json(response.body());
  }

  @Test
  void a_submit_answers_202_with_the_task_its_plan_and_where_it_is() throws Exception {
    HttpResponse<String> response =
        post("/tasks", "{'workload': 'resize', 'payload': {'n': 1}, 'memory': '0.5 GiB'}");
    assertThat(response.statusCode()).isEqualTo(202);
    JsonNode task = json(response);
    assertThat(response.headers().firstValue("Location"))
        .contains("/tasks/" + task.path("taskId").asText());
    assertThat(response.headers().firstValue("x-amzn-RequestId")).isPresent();
    assertThat(task.path("status").asText()).isEqualTo("RUNNABLE");
    assertThat(task.path("memory").asText()).isEqualTo("512 MiB");
    assertThat(task.path("plan").path("routes").path(0).path("route").asText())
        .isEqualTo("function");
    assertThat(task.path("plan").path("rejected").toString()).contains("batch-fargate");
    assertThat(task.path("plan").path("atMostTries").intValue()).isEqualTo(3);
    assertThat(json(get("/tasks/" + task.path("taskId").asText().substring(0, 8))).path("payload"))
        .isEqualTo(Doubles.json("{'n':1}"));
  }

  @Test
  void a_share_is_kept_and_reaches_the_job() throws Exception {
    post(
        "/tasks",
        "{'workload': 'resize', 'routes': ['batch-spot'], 'shareIdentifier': 'night',"
            + " 'schedulingPriority': 70}");
    bench.settle();
    bench.pass(0);
    assertThat(bench.batch.asked.getLast().share())
        .isEqualTo(new BatchGateway.Share(Optional.of("night"), OptionalInt.of(70)));
    assertThat(json(get("/tasks")).path("tasks").path(0).path("shareIdentifier").asText())
        .isEqualTo("night");
  }

  @Test
  void yaml_is_read_with_the_same_names() throws Exception {
    HttpResponse<String> response =
        send(
            "POST",
            "/tasks",
            "{workload: resize, payload: {a: 1}, expectedDuration: PT2S}",
            "Content-Type",
            "application/yaml");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
    assertThat(json(response).path("expectedDuration").asText()).isEqualTo("PT2S");
  }

  @Test
  void all_faults_of_a_document_come_at_once_in_awss_shape() throws Exception {
    HttpResponse<String> response =
        post(
            "/tasks",
            "{'workload': 'resize', 'memory': 12, 'timeout': '90', 'colour': 'red', 'deadline': {}}");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.headers().firstValue("x-amzn-ErrorType")).contains("ValidationException");
    JsonNode error = json(response);
    assertThat(error.path("__type").asText()).isEqualTo("ValidationException");
    assertThat(error.path("errors"))
        .extracting(e -> e.path("field").asText())
        .containsExactlyInAnyOrder("memory", "timeout", "colour", "deadline");
    assertThat(error.path("errors").toString())
        .contains("memory: 12 is not a size. Give a number and a unit, for example 12 GiB.");
    assertThat(get("/tasks").body()).isEqualTo("{\"tasks\":[]}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {'workload': 'nope'}                                              | not registered
          {}                                                                | Name a workload, or give an image
          {'workload': 'resize', 'image': 'x'}                              | beside workload
          {'workload': 'resize', 'command': ['a']}                          | needs an image
          {'workload': 'resize', 'vcpus': 0.3}                              | steps of 0.25
          {'workload': 'resize', 'routes': ['moon']}                        | the routes are function
          {'workload': 'resize', 'shareIdentifier': 'a b'}                  | 1 to 255 letters
          {'workload': 'resize', 'shareIdentifier': 'a', 'schedulingPriority': 10000} | Give 0 to 9999
          {'workload': 'resize', 'schedulingPriority': 1}                   | needs shareIdentifier beside it
          {'workload': 'resize', 'tags': {'spillway:x': 'y'}}               | AWS would refuse
          {'workload': 'resize', 'dependsOn': [{'name': 'a'}]}              | no task in this file
          {'workload': 'resize', 'dependsOn': [{'taskId': '01234567-0000-4000-8000-000000000000'}]} | there is no task
          {'workload': 'resize', 'payloadS3Uri': 's3://bucket/none'}        | does not exist
          {'workload': 'resize', 'jobQueue': 'nope'}                        | there is no queue nope
          {'workload': 'resize', 'gpus': 1}                                 | no route can take this task
          {'workload': 'resize', 'privileged': true}                        | no route can take this task
          {'image': 'a/b:1', 'gpus': 1}                                     | cannot be given a GPU yet
          {'image': 'a/b:1', 'privileged': true}                            | is not privileged
          {'image': 'a/b:1', 'command': ['x', 'in/Ref::shop.xml']}          | has Ref::shop, but a task without a workload has no parameters
          {'image': 'a/b:1', 'command': ['a\\u0000b']}                      | command: this array has an entry
          {'image': 'a/b:1', 'environment': [{'name': 'A=B', 'value': 'v'}]} | environment: this array has an entry
          {'image': 'a/b:1', 'environment': [{'name': 'A', 'value': '\\u0000'}]} | without a zero byte
          {'workload': 'feed', 'payload': {'shop': 'a\\u0000b'}}            | must be a text without a zero byte
          {'workload': 'resize', 'vcpus': 64}                               | no route can take this task
          {'workload': 'feed', 'payload': {'shop': {'a': 1}}}               | must be a text
          {'workload': 'resize', 'retryStrategy': {'attempts': 11}}         | attempts, 1 to 10
          {'workload': 'resize', 'workload': 'resize'}                      | not JSON
          {'tasks': [{'workload': 'resize', 'name': 'a', 'dependsOn': [{'name': 'b'}]}, {'workload': 'resize', 'name': 'b', 'dependsOn': [{'name': 'a'}]}]} | wait for each other
          {'tasks': [{'workload': 'resize', 'name': 'a'}, {'workload': 'resize', 'name': 'a'}]} | another task in this file
          {'tasks': []}                                                     | 1 to 1,000
          [1]                                                               | not an object
          {'workload'                                                       | not JSON
          {'workload': 'resize'} garbage                                    | not JSON
          {'workload': 'resize'} {}                                         | more than one JSON document
          """)
  void a_refused_document_says_what_to_change(String document, String words) throws Exception {
    HttpResponse<String> response = post("/tasks", document);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    assertThat(json(response).path("message").asText()).contains(words);
    assertThat(get("/tasks").body()).isEqualTo("{\"tasks\":[]}");
  }

  @Test
  void a_key_seen_again_answers_the_first_task_and_another_document_is_a_conflict()
      throws Exception {
    String document = "{'workload': 'resize', 'payload': {'a': 1, 'b': 2}, 'idempotencyKey': 'k'}";
    JsonNode first = json(post("/tasks", document));
    HttpResponse<String> again =
        send(
            "POST",
            "/tasks",
            "{\"payload\": {\"b\": 2, \"a\": 1}, \"workload\": \"resize\"}",
            "Content-Type",
            "application/json",
            "Idempotency-Key",
            "k");
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(again.headers().firstValue("Idempotency-Replayed")).contains("true");
    assertThat(json(again).path("taskId")).isEqualTo(first.path("taskId"));
    HttpResponse<String> other = post("/tasks", document.replace("2", "3"));
    assertThat(other.statusCode()).isEqualTo(409);
    assertThat(json(other).path("__type").asText()).isEqualTo("ConflictException");
  }

  @Test
  void a_file_of_tasks_is_accepted_whole_and_runs_in_its_order() throws Exception {
    JsonNode tasks =
        json(post(
                "/tasks",
                "{'tasks': [{'name': 'feed', 'workload': 'resize', 'dependsOn': [{'name': 'collect'}]},"
                    + "{'name': 'collect', 'workload': 'resize'}]}"))
            .path("tasks");
    bench.settle();
    assertThat(tasks.path(0).path("status").asText()).isEqualTo("PENDING");
    assertThat(tasks.path(0).path("waitingFor").path(0)).isEqualTo(tasks.path(1).path("taskId"));
    assertThat(bench.functions.started)
        .containsExactly(tasks.path(1).path("taskId").asText() + "/1");
    bench.functions.succeed(bench.functions.started.getFirst(), "{}");
    bench.settle();
    assertThat(bench.functions.started).hasSize(2);
  }

  @Test
  void a_deadline_is_met_or_missed_and_stops_nothing() throws Exception {
    String deadline =
        "{'workload': 'only-function', 'deadline': {'by': 'PT10S', 'probability': 0.5}}";
    String early = json(post("/tasks", deadline)).path("taskId").asText();
    String late = json(post("/tasks", deadline)).path("taskId").asText();
    bench.pass(2);
    bench.functions.succeed(early + "/1", "{}");
    bench.settle();
    bench.pass(20);
    assertThat(json(get("/tasks/" + late)).path("status").asText()).isEqualTo("RUNNING");
    bench.functions.succeed(late + "/1", "{}");
    bench.settle();
    assertThat(json(get("/tasks/" + early)).path("deadlineMet").asBoolean()).isTrue();
    assertThat(json(get("/tasks/" + late)).path("deadlineMet").asBoolean(true)).isFalse();
    assertThat(get("/tasks/" + late + "/explain").body()).contains("It missed its deadline of");
  }

  @Test
  void a_deadline_or_objective_that_is_none_is_refused_with_the_way_out() throws Exception {
    HttpResponse<String> response =
        post(
            "/tasks",
            "{'workload': 'resize', 'objective': 'cheap', 'deadline': {'by': 'soon', 'probability': 2}}");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body())
        .contains("objective: cheap is not one of cost, speed, balanced")
        .contains("or a duration from the submit, for example PT2H")
        .contains("a probability that is not over 0 and under 1");
  }

  @Test
  void a_plan_stores_nothing() throws Exception {
    HttpResponse<String> response = post("/tasks:plan", "{'workload': 'resize', 'disk': '12 GiB'}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(json(response).path("plan").path("choice").asText())
        .isEqualTo("12,288 MiB of disk, the limit is 10,240 MiB");
    assertThat(json(response).path("prices").path("region").asText()).isEqualTo("us-east-1");
    assertThat(json(response).path("sentences"))
        .extracting(JsonNode::asText)
        .contains("Not on function: 12,288 MiB of disk, the limit is 10,240 MiB.")
        .anyMatch(line -> line.startsWith("Costs are list prices of us-east-1, 20"));
    assertThat(get("/tasks").body()).isEqualTo("{\"tasks\":[]}");
  }

  @Test
  void results_logs_and_cancel_follow_the_life_of_a_task() throws Exception {
    String id = json(post("/tasks", "{'workload': 'resize'}")).path("taskId").asText();
    bench.settle();
    assertThat(get("/tasks/" + id + "/result").statusCode()).isEqualTo(409);
    bench.functions.log = Optional.of("START\n");
    bench.functions.fail(id + "/1", "Sandbox.Timedout", "Task timed out after 3.00 seconds");
    bench.settle();
    assertThat(get("/tasks/" + id + "/logs?hop=1").body()).isEqualTo("START\n");
    assertThat(get("/tasks/" + id + "/logs").body()).isEqualTo("line\n");
    assertThat(get("/tasks/" + id + "/logs?hop=9").statusCode()).isEqualTo(404);
    assertThat(get("/tasks/" + id + "/logs?attempt=2").statusCode()).isEqualTo(404);
    HttpResponse<String> cancelled = post("/tasks/" + id + ":cancel", "{'reason': 'enough'}");
    assertThat(cancelled.statusCode()).as(cancelled.body()).isEqualTo(202);
    assertThat(json(cancelled).path("status").asText()).isEqualTo(TaskStatus.FAILED.name());
    assertThat(json(cancelled).path("statusReason").asText()).isEqualTo("enough");
    assertThat(bench.batch.cancelled).containsEntry("job-1", "enough");
    assertThat(post("/tasks/" + id + ":cancel", "{'reason': 'again'}").statusCode()).isEqualTo(200);
    assertThat(post("/tasks/" + id + ":cancel", "{}").statusCode()).isEqualTo(400);
  }

  @Test
  void a_result_is_answered_as_it_is() throws Exception {
    String id = json(post("/tasks", "{'workload': 'resize'}")).path("taskId").asText();
    bench.settle();
    bench.functions.succeed(id + "/1", "{\"width\":320}");
    bench.settle();
    assertThat(get("/tasks/" + id + "/result").body()).isEqualTo("{\"width\":320}");
    assertThat(json(get("/tasks/" + id + "?wait=PT20S")).path("result").path("width").intValue())
        .isEqualTo(320);
  }

  @ParameterizedTest
  @CsvSource({
    "/tasks?status=DONE, 400",
    "/tasks?maxResults=0, 400",
    "/tasks?maxResults=1001, 400",
    "/tasks?nextToken=x, 400",
    "/tasks?colour=red, 400",
    "/tasks?after=yesterday, 400",
    "/tasks?status=RUNNABLE&tag.team=x&route=function, 200",
    "/tasks/0123, 404",
    "/tasks/01234567, 404",
    "/tasks/01234567-0000-4000-8000-000000000000/explain, 404",
    "/tasks/01234567?wait=PT26S, 400",
    "/workloads, 200",
    "/workloads/resize, 200",
    "/workloads/nope, 404"
  })
  void questions_that_make_no_sense_get_a_4xx(String path, int status) throws Exception {
    HttpResponse<String> response = get(path);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
  }

  @Test
  void another_content_type_is_refused() throws Exception {
    HttpResponse<String> response =
        send("POST", "/tasks", "a=b", "Content-Type", "application/x-www-form-urlencoded");
    assertThat(response.statusCode()).isEqualTo(415);
    assertThat(response.headers().firstValue("x-amzn-ErrorType"))
        .contains("UnsupportedMediaTypeException");
  }

  @Test
  void a_content_type_without_a_type_reads_as_json() throws Exception {
    HttpResponse<String> response =
        send("POST", "/tasks:plan", "{\"workload\": \"resize\"}", "Content-Type", ";;");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
  }

  @Test
  void a_body_over_the_limit_is_refused() throws Exception {
    HttpResponse<String> response =
        post("/tasks", "{'workload': 'resize', 'payload': '" + "x".repeat(11 << 20) + "'}");
    assertThat(response.statusCode()).isEqualTo(413);
  }

  @Test
  void two_thousand_bad_documents_never_break_the_server_and_nothing_is_stored() throws Exception {
    long seed = Long.getLong("spillway.seed", 20261121L);
    Random random = new Random(seed);
    String[] good = {
      "{\"workload\":\"resize\",\"payload\":{\"n\":1},\"memory\":\"2 GiB\",\"timeout\":\"PT90S\",\"tags\":{\"a\":\"b\"}}",
      "{\"image\":\"a/b:1\",\"command\":[\"x\",\"y\"],\"vcpus\":2,\"environment\":[{\"name\":\"A\",\"value\":\"b\"}]}",
      "{\"tasks\":[{\"name\":\"a\",\"workload\":\"resize\"},{\"workload\":\"feed\",\"dependsOn\":[{\"name\":\"a\"}]}]}"
    };
    String[] splices = {
      "null",
      "-1",
      "1e999",
      "\"\"",
      "[]",
      "{}",
      "{\"a\":",
      "\\u0000",
      "\ud83d\ude00",
      "true",
      "99999999999999999999",
      "\"PT-5S\"",
      "[[[[[[",
      ",",
      ":",
      "\"",
      "\"unknown\":1,"
    };
    for (int i = 0; i < 2_000; i++) {
      StringBuilder document = new StringBuilder(good[random.nextInt(good.length)]);
      for (int cuts = 1 + random.nextInt(3); cuts > 0; cuts--) {
        int from = random.nextInt(document.length());
        int to = Math.min(document.length(), from + random.nextInt(8));
        document.replace(from, to, splices[random.nextInt(splices.length)]);
      }
      // A document that stayed good is made bad, so that nothing may be stored.
      String body = document + (random.nextBoolean() ? "}" : "\u0001");
      HttpResponse<String> response =
          send(
              "POST",
              random.nextInt(4) == 0 ? "/tasks:plan" : "/tasks",
              body,
              "Content-Type",
              "application/json");
      assertThat(response.statusCode())
          .as("seed %d, document %d: %s", seed, i, body)
          .isBetween(400, 499);
      assertThat(json(response).path("message").asText()).isNotEmpty();
    }
    assertThat(bench.store.list(TaskStore.Filter.ALL, Optional.empty(), 10).tasks()).isEmpty();
  }

  private String array(int size) throws Exception {
    HttpResponse<String> response =
        post(
            "/tasks",
            "{'workload': 'only-function', 'payload': {'a': 1}, 'arrayProperties': {'size': "
                + size
                + "}}");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
    bench.pass(0);
    return json(response).path("taskId").asText();
  }

  @Test
  void an_array_answers_with_the_number_of_its_children_in_each_status() throws Exception {
    String id = array(4);
    bench.functions.fail(id + ":2/1", "Boom", "x");
    bench.functions.succeed(id + ":0/1", "{\"done\": true}");
    bench.pass(0);
    JsonNode array = json(get("/tasks/" + id.substring(0, 8))).path("arrayProperties");
    assertThat(array.path("size").intValue()).isEqualTo(4);
    assertThat(array.path("statusSummary").path("RUNNING").intValue()).isEqualTo(2);
    assertThat(array.path("statusSummary").path("FAILED").intValue()).isOne();
    assertThat(array.path("firstFailures").toString()).isEqualTo("[2]");
    JsonNode paid = json(get("/tasks/" + id));
    assertThat(paid.path("wastedCost").doubleValue())
        .isEqualTo(paid.path("cost").doubleValue() / 2);
    JsonNode failed = json(get("/tasks/" + id + "/children?status=FAILED")).path("tasks");
    assertThat(failed).hasSize(1);
    assertThat(failed.path(0).path("arrayProperties").path("index").intValue()).isEqualTo(2);
    assertThat(get("/tasks/" + id + "/explain").body())
        .contains("1 of 4 children succeeded, 1 failed")
        .contains("spillway logs " + id.substring(0, 8) + ":2");
  }

  @Test
  void a_child_is_found_by_the_id_of_its_array_and_its_index() throws Exception {
    String id = array(2);
    bench.functions.log = Optional.of("hello");
    bench.functions.succeed(id + ":1/1", "{\"done\": true}");
    bench.pass(0);
    String child = id.substring(0, 8) + ":1";
    assertThat(json(get("/tasks/" + child)).path("payload").toString())
        .isEqualTo("{\"a\":1,\"arrayIndex\":1}");
    assertThat(get("/tasks/" + child + "/result").body()).isEqualTo("{\"done\":true}");
    assertThat(get("/tasks/" + child + "/logs").body()).isEqualTo("hello");
    assertThat(get("/tasks/" + child + "/explain").body()).startsWith("only-function " + child);
    assertThat(get("/tasks/" + id + "/result").statusCode()).isEqualTo(409);
    assertThat(get("/tasks/" + child + "/children").statusCode()).isEqualTo(409);
    assertThat(get("/tasks/" + id.substring(0, 8) + ":2").statusCode()).isEqualTo(404);
    assertThat(post("/tasks/" + id + ":0:cancel", "{'reason': 'enough'}").statusCode())
        .isEqualTo(202);
    bench.pass(0);
    assertThat(json(get("/tasks/" + id)).path("statusReason").asText())
        .isEqualTo("1 of 2 children failed; it is 0.");
  }

  @Test
  void a_rerun_of_what_failed_is_a_new_array_of_those_children_with_their_index() throws Exception {
    String id = array(3);
    bench.functions.succeed(id + ":0/1", "1");
    bench.functions.succeed(id + ":2/1", "1");
    bench.pass(0);
    assertThat(post("/tasks/" + id + ":rerun", "{'failedOnly': true}").statusCode()).isEqualTo(409);
    bench.functions.fail(id + ":1/1", "Boom", "x");
    bench.pass(0);
    HttpResponse<String> response = post("/tasks/" + id + ":rerun", "{'failedOnly': true}");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
    String again = json(response).path("taskId").asText();
    bench.pass(0);
    assertThat(bench.functions.running.keySet()).containsExactly(again + ":1/1");
    assertThat(
            json(get("/tasks/" + again))
                .path("arrayProperties")
                .path("statusSummary")
                .path("SUCCEEDED")
                .intValue())
        .isEqualTo(2);
    assertThat(json(get("/tasks/" + again + ":0")).path("taskId").asText()).isEqualTo(id + ":0");
    bench.functions.succeed(again + ":1/1", "1");
    bench.pass(0);
    assertThat(json(get("/tasks/" + again)).path("status").asText()).isEqualTo("SUCCEEDED");
    HttpResponse<String> nothing = post("/tasks/" + again + ":rerun", "{'failedOnly': true}");
    assertThat(nothing.statusCode()).isEqualTo(200);
    assertThat(json(nothing).path("taskId").asText()).isEqualTo(again);
    assertThat(post("/tasks/" + again + ":rerun", "{'all': 1}").statusCode()).isEqualTo(400);
    assertThat(post("/tasks/" + again + ":1:rerun", "{}").body()).contains("child of an array");
  }

  @Test
  void a_single_task_is_run_again_with_its_payload() throws Exception {
    String id =
        json(post("/tasks", "{'workload': 'only-function', 'payload': {'n': 7}}"))
            .path("taskId")
            .asText();
    bench.pass(0);
    bench.functions.succeed(id + "/1", "1");
    bench.pass(0);
    String again = json(post("/tasks/" + id + ":rerun", "{}")).path("taskId").asText();
    assertThat(again).isNotEqualTo(id);
    assertThat(json(get("/tasks/" + again)).path("payload")).isEqualTo(Doubles.json("{'n':7}"));
  }
}
