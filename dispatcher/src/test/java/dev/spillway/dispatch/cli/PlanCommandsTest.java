package dev.spillway.dispatch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people read of plans, costs and what was learnt. */
class PlanCommandsTest extends CommandLineHarness {
  private static final String PLAN =
      """
      {"choice":"14 s expected, cheapest of 2",
       "routes":[{"route":"function","cost":0.00041,"finishSeconds":14.2,"why":"chosen: cheapest"},
                 {"route":"batch-ec2","jobQueue":"steady","cost":0.011,"finishSeconds":107,"why":"x"}],
       "outlook":{"lowSeconds":11.9,"medianSeconds":14,"boundSeconds":18.2,
                  "prices":{"region":"us-east-1","compiled":"2026-11-21"}}}""";
  private static final String COLLECT =
      "{\"taskId\":\"a41c07d2-0000-0000-0000-000000000000\",\"name\":\"collect\","
          + "\"status\":\"RUNNABLE\",\"hops\":[],\"plan\":"
          + PLAN
          + "}";
  private static final String FEED =
      "{\"taskId\":\"0be9f5a1-0000-0000-0000-000000000000\",\"name\":\"feed\","
          + "\"status\":\"PENDING\",\"hops\":[],"
          + "\"waitingFor\":[\"a41c07d2-0000-0000-0000-000000000000\"],\"plan\":{\"routes\":[{\"route\":\"batch-ec2\"}]}}";

  private Path document() throws Exception {
    return Files.writeString(
        temp.resolve("t.yaml"), "{workload: collect}\n---\n{workload: feed}\n");
  }

  @Test
  void submit_shows_where_tasks_go_what_is_expected_and_whom_they_wait_for() throws Exception {
    answers.put("POST /tasks", new Answer(202, "{\"tasks\":[" + COLLECT + "," + FEED + "]}"));
    assertThat(run("submit", document().toString(), "--server", url).out())
        .isEqualTo(
            "TASK\tNAME\tROUTE\tEXPECTED\tCOST\tSTATUS\n"
                + "a41c07d2\tcollect\tfunction\t12 to 18 s\t$0.00041\tRUNNABLE\n"
                + "0be9f5a1\tfeed\tbatch-ec2\t-\t-\tPENDING  waits for collect\n");
    assertThat(run("submit", document().toString(), "-v", "--server", url).out())
        .endsWith("Costs are AWS list prices of us-east-1, 2026-11-21.\n");
  }

  @Test
  void plan_is_a_table_and_with_v_all_that_explain_would_say() throws Exception {
    String planned =
        "{\"name\":\"collect\",\"plan\":"
            + PLAN
            + ",\"sentences\":[\"Expected 14 s.\",\"  1 function\"]}";
    answers.put("POST /tasks:plan", new Answer(200, "{\"tasks\":[" + planned + "]}"));
    Ran plain = run("plan", document().toString(), "--server", url);
    assertThat(plain.exitCode()).isZero();
    assertThat(plain.out())
        .isEqualTo(
            "NAME\tROUTE\tEXPECTED\tCOST\tDONE IN\tWHY\n"
                + "collect\tfunction\t12 to 18 s\t$0.00041\t14 s\t14 s expected, cheapest of 2\n");
    assertThat(run("plan", document().toString(), "-v", "--server", url).out())
        .isEqualTo(plain.out() + "\nExpected 14 s.\n  1 function\n");
    assertThat(run("plan", document().toString(), "--json", "--server", url).out()).startsWith("{");
  }

  @Test
  void a_task_that_no_route_can_take_is_exit_code_2_with_its_reason() throws Exception {
    answers.put(
        "POST /tasks:plan",
        new Answer(
            200,
            "{\"name\":\"big\",\"plan\":{\"routes\":[],\"rejected\":[{\"route\":\"batch-fargate\","
                + "\"reasons\":[{\"rule\":\"queue\",\"sentence\":\"no queue\"}]},{\"route\":\"function\","
                + "\"reasons\":[{\"rule\":\"disk\",\"sentence\":\"too much disk\"}]}]}}"));
    Ran ran = run("plan", document().toString(), "--server", url);
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.out()).contains("big\tnone\t-\t-\t-\tfunction: too much disk\n");
    assertThat(ran.err()).contains("no route can take this task");
  }

  @Test
  void what_ended_shows_its_cost_and_sums_are_decimal() {
    answers.put(
        "GET /tasks/abc",
        new Answer(
            200, COLLECT.replace("\"hops\"", "\"cost\":0.0043,\"wastedCost\":0.0026,\"hops\"")));
    assertThat(run("status", "abc", "--server", url).out())
        .startsWith("TASK\tNAME\tROUTE\tWHY\tSTATE\tTIME\tCOST\n")
        .endsWith("\t$0.0043\n");
    assertThat(TaskView.paid(List.of(paying("0.1", "0"), paying("0.2", "0"))))
        .contains("At AWS list price: $0.30");
    assertThat(TaskView.paid(List.of(paying("0.0019", "0.0007"))))
        .contains("At AWS list price: $0.0019, of which $0.00070 was wasted");
    assertThat(TaskView.paid(List.of())).isEmpty();
  }

  private static TaskView paying(String cost, String wasted) {
    return new TaskView(
        SubmitCommand.document(
            ("{\"cost\":" + cost + ",\"wastedCost\":" + wasted + "}").getBytes()));
  }

  @Test
  void workloads_show_what_was_learnt_and_where_they_go() {
    String feed =
        """
        {"workload":"feed","function":{},"jobDefinition":{},
         "history":{"runs":14000,"p50Seconds":402,"p90Seconds":610.4,"p95Memory":"1480 MiB",
                    "hints":{"given":3,"verdict":"too low: 120 s given, 402 s seen"}},
         "routeNow":{"route":"batch-fargate","why":"x"},
         "routeChanges":[{"at":"2026-11-21T02:00:00Z","from":"function","to":"batch-fargate",
                          "taskId":"0be9f5a1-0000-0000-0000-000000000000","cause":"not on function: y"}]}""";
    answers.put(
        "GET /workloads",
        new Answer(
            200,
            "{\"workloads\":["
                + feed
                + ",{\"workload\":\"new\",\"jobDefinition\":{},\"history\":{\"runs\":0,"
                + "\"hints\":{\"verdict\":\"none\"}},\"routeNow\":{\"why\":\"z\"}}],"
                + "\"prices\":{\"region\":\"us-east-1\",\"compiled\":\"2026-11-21\"}}"));
    String table =
        "WORKLOAD\tFORMS\tRUNS\tp50\tp90\tMEMORY p95\tROUTE NOW\tHINTS\n"
            + "feed\tfunction+job definition\t14000\t402 s\t610 s\t1,480 MiB\tbatch-fargate"
            + "\ttoo low: 120 s given, 402 s seen\n";
    assertThat(run("workloads", "--server", url).out())
        .isEqualTo(table + "new\tjob definition\t0\t-\t-\t-\tnone\tnone\n");
    assertThat(run("workloads", "-v", "--server", url).out())
        .endsWith("Costs are AWS list prices of us-east-1, 2026-11-21.\n");
    answers.put("GET /workloads/feed", new Answer(200, feed));
    assertThat(run("workloads", "feed", "--server", url).out())
        .isEqualTo(
            table
                + "\nAT\tFROM\tTO\tTASK\tWHY\n"
                + "2026-11-21T02:00:00Z\tfunction\tbatch-fargate\t0be9f5a1\tnot on function: y\n");
  }

  @Test
  void a_reset_is_one_sentence_and_an_unknown_workload_exit_code_4() {
    answers.put("POST /workloads/feed:reset", new Answer(200, "{\"workload\":\"feed\"}"));
    assertThat(run("workloads", "reset", "feed", "--server", url).out())
        .isEqualTo(
            "What was learnt of feed is forgotten: its next task is planned as its first.\n");
    assertThat(run("workloads", "reset", "nope", "--server", url).exitCode()).isEqualTo(4);
    assertThat(run("workloads", "nope", "--server", url).exitCode()).isEqualTo(4);
  }
}
