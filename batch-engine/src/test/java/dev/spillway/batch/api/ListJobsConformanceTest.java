package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.JobSummary;
import software.amazon.awssdk.services.batch.model.KeyValuesPair;

/** ListJobs with every filter, page by page; bulk calls; the front of a queue. */
@Tag("conformance")
class ListJobsConformanceTest extends ConformanceServer {

  private static List<String> list(String queue, String filter, String value) {
    return batch
        .listJobsPaginator(
            l ->
                l.jobQueue(queue)
                    .maxResults(2)
                    .filters(KeyValuesPair.builder().name(filter).values(value).build()))
        .jobSummaryList()
        .stream()
        .map(JobSummary::jobId)
        .toList();
  }

  @Test
  void filters_find_what_they_say_newest_first_over_all_pages() throws Exception {
    environment("filters", 2);
    queue("filters", "filters");
    String one = define("exit", "0");
    String two = define("exit", "0");
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      String name = (i % 2 == 0 ? "Even-" : "odd-") + i;
      String definition = i < 3 ? one : two;
      ids.addFirst(submit(definition, s -> s.jobQueue("filters").jobName(name)).jobId());
      ended(ids.getFirst());
    }
    assertThat(list("filters", "JOB_NAME", "even*"))
        .containsExactly(ids.get(0), ids.get(2), ids.get(4));
    assertThat(list("filters", "JOB_NAME", "ODD-1")).containsExactly(ids.get(3));
    assertThat(list("filters", "JOB_DEFINITION", one)).containsExactlyElementsOf(ids.subList(2, 5));
    assertThat(list("filters", "JOB_DEFINITION", "jd-*")).containsExactlyElementsOf(ids);
    assertThat(
            list(
                "filters",
                "JOB_DEFINITION",
                "arn:aws:batch:us-east-1:123456789012:job-definition/" + two + ":1"))
        .containsExactlyElementsOf(ids.subList(0, 2));
    String created = Long.toString(job(ids.get(2)).createdAt());
    assertThat(list("filters", "AFTER_CREATED_AT", created))
        .containsExactlyElementsOf(ids.subList(0, 2));
    assertThat(list("filters", "BEFORE_CREATED_AT", created))
        .containsExactlyElementsOf(ids.subList(3, 5));
    JobSummary summary =
        batch
            .listJobs(l -> l.jobQueue("filters").jobStatus(JobStatus.SUCCEEDED).maxResults(1))
            .jobSummaryList()
            .getFirst();
    assertThat(summary.container().exitCode()).isZero();
    // Newer than this SDK.
    assertThat(
            post("/v1/listjobs", "{\"jobQueue\":\"filters\",\"jobStatus\":\"SUCCEEDED\"}").body())
        .contains("\"capacityUsage\":[{\"capacityUnit\":\"VCPU\",\"quantity\":1.0}]")
        .contains("\"scheduledAt\":");
  }

  @Test
  void wrong_filters_and_tokens_are_refused() {
    refused("it should be one of [JOB_NAME", () -> list("prod", "job_name", "x"));
    refused("should be a number of milliseconds", () -> list("prod", "AFTER_CREATED_AT", "today"));
    refused("should begin with", () -> list("prod", "JOB_DEFINITION", "arn:aws:x*"));
    refused(
        "filters takes exactly one filter.",
        () ->
            batch.listJobs(
                l ->
                    l.jobQueue("prod")
                        .filters(
                            KeyValuesPair.builder().name("JOB_NAME").values("a").build(),
                            KeyValuesPair.builder().name("JOB_NAME").values("b").build())));
    refused(
        "Exactly one of jobQueue, arrayJobId and multiNodeJobId is required.",
        () -> batch.listJobs(l -> l.jobQueue("prod").arrayJobId("x")));
    refused("Exactly one of", () -> batch.listJobs(l -> {}));
    refused("Array job none not found.", () -> batch.listJobs(l -> l.arrayJobId("none")));
    refused("Multi-node job none not found.", () -> batch.listJobs(l -> l.multiNodeJobId("none")));
    refused(
        "nextToken is not one that this call gave",
        () -> batch.listJobs(l -> l.jobQueue("prod").nextToken("bm9uc2Vuc2U")));
  }

  @Test
  void bulk_calls_ask_each_job_and_count_unknown_ones_as_successful() throws Exception {
    environment("bulk", 2);
    queue("bulk", "bulk");
    String runs = submit(defineOf(2, "hang"), s -> s.jobQueue("bulk")).jobId();
    String waits = submit(defineOf(2, "hang"), s -> s.jobQueue("bulk")).jobId();
    until(runs, JobStatus.RUNNING);
    String ids = "[\"%s\",\"%s\",\"unknown\"]".formatted(runs, waits);
    assertThat(post("/v1/canceljobs", "{\"jobs\":" + ids + ",\"reason\":\"not needed\"}").body())
        .contains("\"successful\":" + ids)
        .contains("\"errors\":[]");
    assertThat(job(waits).statusReason()).isEqualTo("not needed");
    assertThat(job(runs).status()).isEqualTo(JobStatus.RUNNING);
    assertThat(
            post("/v1/terminatejobs", "{\"jobs\":" + ids + ",\"reason\":\"enough\"}").statusCode())
        .isEqualTo(200);
    assertThat(ended(runs).statusReason()).isEqualTo("enough");
    assertThat(post("/v1/canceljobs", "{\"jobs\":[],\"reason\":\"x\"}").statusCode())
        .isEqualTo(400);
    assertThat(post("/v1/canceljobs", "{\"jobs\":[\"a\"]}").statusCode()).isEqualTo(400);
  }

  @Test
  void the_front_of_a_queue_is_what_runs_next() {
    environment("front", 2);
    queue("front", "front");
    String hang = defineOf(2, "hang");
    String runs = submit(hang, s -> s.jobQueue("front")).jobId();
    until(runs, JobStatus.RUNNING);
    List<String> waiting = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiting.add(submit(hang, s -> s.jobQueue("front")).jobId());
    }
    String array = submit(hang, s -> s.jobQueue("front").arrayProperties(a -> a.size(500))).jobId();
    var front = batch.getJobQueueSnapshot(g -> g.jobQueue("front")).frontOfQueue();
    assertThat(front.jobs()).hasSize(100);
    assertThat(front.jobs().subList(0, 3))
        .extracting(j -> j.jobArn().substring(j.jobArn().lastIndexOf('/') + 1))
        .containsExactlyElementsOf(waiting);
    assertThat(front.jobs().get(3).jobArn()).endsWith(array + ":0");
    refused("JobQueue none not found.", () -> batch.getJobQueueSnapshot(g -> g.jobQueue("none")));
    for (String id : List.of(array, waiting.get(0), waiting.get(1), waiting.get(2), runs)) {
      batch.terminateJob(t -> t.jobId(id).reason("enough"));
    }
  }
}
