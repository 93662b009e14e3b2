package dev.spillway.batch.api;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.JobDetailMapper;
import dev.spillway.batch.events.BatchEvent;
import dev.spillway.batch.events.EventEnvelope;
import dev.spillway.batch.events.EventFeed;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.store.Journal;
import dev.spillway.batch.store.SqlJournal;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a database with something of everything in it, and what is told of it. Run once for each
 * version of the schema; what it wrote for an earlier one is never written again.
 *
 * <p>{@code batch.db}: SQLite's file. {@code rows.sql}: the same rows, for PostgreSQL. {@code
 * jobs.json}, {@code events.json}: what DescribeJobs and the event stream tell.
 */
final class StoreFixture {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> TABLES =
      List.of(
          "owner",
          "compute_environment",
          "job_queue",
          "job_definition",
          "scheduling_policy",
          "consumable_resource",
          "instance",
          "charge",
          "ledger_day",
          "job",
          "job_detail",
          "array_chunk",
          "job_consumable",
          "outbox");

  private final ScriptedServer server;
  private final HttpClient http = HttpClient.newHttpClient();

  private StoreFixture(ScriptedServer server) {
    this.server = server;
  }

  /** Argument: the folder to write to. */
  public static void main(String[] arguments) throws Exception {
    Path target = Files.createDirectories(Path.of(arguments[0]));
    Path data = Files.createTempDirectory("spillway-fixture");
    try (ScriptedServer server = ScriptedServer.start(data)) {
      new StoreFixture(server).fill();
    }
    try (Journal journal = SqlJournal.open(ScriptedServer.settings(data))) {
      JSON.writerWithDefaultPrettyPrinter()
          .writeValue(target.resolve("jobs.json").toFile(), jobs(journal, ids(journal)));
      JSON.writeValue(target.resolve("events.json").toFile(), events(journal));
    }
    Path file = target.resolve("batch.db");
    Files.copy(data.resolve("batch.db"), file, StandardCopyOption.REPLACE_EXISTING);
    Files.write(target.resolve("rows.sql"), inserts(file));
    System.exit(0); // the HTTP client's threads have no end of their own
  }

  private void fill() {
    for (String name : List.of("ce", "other")) {
      call(
          "createcomputeenvironment",
          """
          {'computeEnvironmentName':'%s','type':'MANAGED','tags':{'team':'x'},'computeResources':{
           'type':'EC2','minvCpus':0,'maxvCpus':2,'instanceTypes':['optimal'],
           'instanceRole':'ecsInstanceRole','subnets':['subnet-1'],'securityGroupIds':['sg-1']}}
          """
              .formatted(name));
    }
    String policy =
        call(
                "createschedulingpolicy",
                "{'name':'shares','fairsharePolicy':{'shareDistribution':[{'shareIdentifier':'A*','weightFactor':0.5}]}}")
            .path("arn")
            .asText();
    queue("q", "ce", "");
    queue("blocked", "other", "");
    queue("fair", "other", ",'schedulingPolicyArn':'" + policy + "'");
    call("createconsumableresource", "{'consumableResourceName':'licence','totalQuantity':5}");
    for (String command : List.of("exit 0", "exit 3", "hang now", "fail-index 2")) {
      String[] words = command.split(" ");
      call(
          "registerjobdefinition",
          """
          {'jobDefinitionName':'%s','type':'container','parameters':{'who':'world'},
           'retryStrategy':{'attempts':2,'evaluateOnExit':[{'onExitCode':'3','action':'RETRY'}]},
           'timeout':{'attemptDurationSeconds':86400},'containerProperties':{'image':'busybox',
           'command':['%s','%s','Ref::who'],'environment':[{'name':'A','value':'é 🌍'}],
           'resourceRequirements':[{'type':'VCPU','value':'1'},{'type':'MEMORY','value':'64'}]}}
          """
              .formatted(String.join("-", words), words[0], words[1]));
    }
    String done =
        submit(
            "q",
            "exit-0",
            ",'tags':{'spillway:idempotency-key':'once','team':'é'},'consumableResourcePropertiesOverride':"
                + "{'consumableResourceList':[{'consumableResource':'licence','quantity':2}]}");
    ended(done);
    String failed = submit("q", "exit-3", "");
    ended(failed);
    submit("q", "exit-0", ",'dependsOn':[{'jobId':'" + failed + "'}]");
    String array = submit("q", "fail-index-2", ",'arrayProperties':{'size':5}");
    ended(array);
    String sequential =
        submit("q", "exit-0", ",'arrayProperties':{'size':3},'dependsOn':[{'type':'SEQUENTIAL'}]");
    ended(sequential);
    String share =
        submit("fair", "exit-0", ",'shareIdentifier':'A1','schedulingPriorityOverride':3");
    ended(share);
    call("tagresource", share);
    String runs = submit("q", "hang-now", "");
    until(runs, List.of("RUNNING"));
    String waits =
        submit(
            "q", "exit-0", ",'arrayProperties':{'size':4},'dependsOn':[{'jobId':'" + runs + "'}]");
    submit(
        "q",
        "exit-0",
        ",'arrayProperties':{'size':4},'dependsOn':[{'type':'N_TO_N','jobId':'" + waits + "'}]");
    String large =
        submit(
            "blocked",
            "exit-0",
            ",'containerOverrides':{'resourceRequirements':[{'type':'VCPU','value':'4'}]}");
    await().until(() -> job(large).has("statusReason"));
  }

  private void queue(String name, String environment, String more) {
    call(
        "createjobqueue",
        "{'jobQueueName':'%s','priority':1,'computeEnvironmentOrder':[{'order':1,'computeEnvironment':'%s'}]%s}"
            .formatted(name, environment, more));
  }

  private String submit(String queue, String definition, String more) {
    return call(
            "submitjob",
            "{'jobName':'%s','jobQueue':'%s','jobDefinition':'%s'%s}"
                .formatted("Of-" + definition, queue, definition, more))
        .path("jobId")
        .asText();
  }

  private JsonNode job(String id) {
    return call("describejobs", "{'jobs':['" + id + "']}").at("/jobs/0");
  }

  private void ended(String id) {
    until(id, List.of("SUCCEEDED", "FAILED"));
  }

  private void until(String id, List<String> statuses) {
    await().until(() -> statuses.contains(job(id).path("status").asText()));
  }

  private JsonNode call(String operation, String body) {
    String path = "/v1/" + operation;
    String text = body;
    if (operation.equals("tagresource")) {
      path = "/v1/tags/arn%3Aaws%3Abatch%3Aus-east-1%3A123456789012%3Ajob%2F" + body;
      text = "{'tags':{'late':'1'}}";
    }
    try {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(server.url().resolve(path))
                  .POST(HttpRequest.BodyPublishers.ofString(text.replace('\'', '"')))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IllegalStateException(operation + ": " + answer.body());
      }
      return answer.body().isEmpty() ? JSON.createObjectNode() : JSON.readTree(answer.body());
    } catch (java.io.IOException | InterruptedException e) {
      throw new IllegalStateException(operation, e);
    }
  }

  private static List<String> ids(Journal journal) {
    return new EventFeed(journal)
        .after(0, 1000).stream().map(e -> e.job().id()).distinct().sorted().toList();
  }

  /** What DescribeJobs tells of those that have a record. */
  static ArrayNode jobs(Journal journal, List<String> ids) {
    var mapper = new JobDetailMapper(Arns.of(ScriptedServer.settings(Path.of("/"))));
    var nothing = new JobDetailMapper.Wait(Optional.empty(), Optional.empty());
    ArrayNode list = JSON.createArrayNode();
    Map<String, JobDetail> details = journal.details(ids);
    journal.find(ids).stream()
        .sorted(java.util.Comparator.comparing(Job::id))
        .forEach(job -> list.add(mapper.detail(job, details.get(job.id()), nothing)));
    return read(list);
  }

  /** What the event stream tells from its beginning on. */
  static ArrayNode events(Journal journal) {
    var envelope = new EventEnvelope(Arns.of(ScriptedServer.settings(Path.of("/"))));
    List<BatchEvent> events = new EventFeed(journal).after(0, 1000);
    Map<String, JobDetail> details =
        journal.details(events.stream().map(e -> e.job().id()).toList());
    ArrayNode list = JSON.createArrayNode();
    for (BatchEvent event : events) {
      ObjectNode told = JSON.createObjectNode().put("sequence", event.sequence());
      told.set("event", envelope.of(event, details.get(event.job().id())));
      list.add(told);
    }
    return read(list);
  }

  /** As a reader has it: a number is a number, however wide. */
  private static ArrayNode read(ArrayNode written) {
    try {
      return (ArrayNode) JSON.readTree(written.toString());
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> inserts(Path file) throws Exception {
    List<String> lines = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String table : TABLES) {
        try (ResultSet rows = statement.executeQuery("select * from " + table)) {
          while (rows.next()) {
            lines.add(insert(table, rows));
          }
        }
      }
    }
    return lines;
  }

  private static String insert(String table, ResultSet row) throws Exception {
    ResultSetMetaData columns = row.getMetaData();
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (int c = 1; c <= columns.getColumnCount(); c++) {
      names.add(columns.getColumnName(c));
      values.add(
          switch (row.getObject(c)) {
            case null -> "null";
            case byte[] bytes -> "'\\x" + HexFormat.of().formatHex(bytes) + "'";
            case Number number -> number.toString();
            case Object text ->
                "'" + text.toString().replace("'", "''").replace("\n", "'||chr(10)||'") + "'";
          });
    }
    return "insert into %s (%s) values (%s);"
        .formatted(table, String.join(", ", names), String.join(", ", values));
  }
}
