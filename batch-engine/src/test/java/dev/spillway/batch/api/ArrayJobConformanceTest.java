package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.batch.model.ArrayJobDependency;
import software.amazon.awssdk.services.batch.model.JobDependency;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.JobSummary;

/** Arrays and dependencies, as the AWS SDK sees them. Source: user guide, array jobs. */
@Tag("conformance")
class ArrayJobConformanceTest extends ConformanceServer {

  private static String array(String definition, int size, JobDependency... dependsOn) {
    return submit(definition, s -> s.arrayProperties(a -> a.size(size)).dependsOn(dependsOn))
        .jobId();
  }

  private static String single(String definition, JobDependency... dependsOn) {
    return submit(definition, s -> s.dependsOn(dependsOn)).jobId();
  }

  private static JobDependency on(String jobId) {
    return JobDependency.builder().jobId(jobId).build();
  }

  private static JobDependency each(String jobId) {
    return JobDependency.builder().jobId(jobId).type(ArrayJobDependency.N_TO_N).build();
  }

  private static JobDependency sequential() {
    return JobDependency.builder().type(ArrayJobDependency.SEQUENTIAL).build();
  }

  private static List<JobSummary> children(String id, JobStatus status) {
    return batch
        .listJobsPaginator(l -> l.arrayJobId(id).jobStatus(status).maxResults(3))
        .jobSummaryList()
        .stream()
        .toList();
  }

  @Test
  void a_parent_sums_up_its_children_and_never_runs_itself() {
    String id = array(define("exit", "0"), 7);
    JobDetail parent = ended(id);
    assertThat(parent.status()).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(parent.arrayProperties().size()).isEqualTo(7);
    assertThat(parent.arrayProperties().statusSummary())
        .containsEntry("SUCCEEDED", 7)
        .containsEntry("FAILED", 0)
        .hasSize(7);
    assertThat(parent.attempts()).isEmpty();
    assertThat(parent.startedAt()).isNotNull();
    assertThat(children(id, JobStatus.SUCCEEDED))
        .extracting(JobSummary::jobId)
        .containsExactly(
            id + ":0", id + ":1", id + ":2", id + ":3", id + ":4", id + ":5", id + ":6");
    JobDetail child = job(id + ":3");
    assertThat(child.arrayProperties().index()).isEqualTo(3);
    assertThat(child.attempts()).hasSize(1);
    assertThat(child.tags()).isEmpty();
    assertThat(child.jobArn()).endsWith(":job/" + id + ":3");
    assertThat(batch.describeJobs(d -> d.jobs(id + ":7", id + ":03", id + ":x")).jobs()).isEmpty();
  }

  @Test
  void a_child_that_fails_stops_no_sibling_and_fails_its_parent() {
    String id = array(define("fail-index", "1"), 4);
    JobDetail parent = ended(id);
    assertThat(parent.status()).isEqualTo(JobStatus.FAILED);
    assertThat(parent.statusReason()).isEqualTo("Array Child Job failed");
    assertThat(parent.arrayProperties().statusSummary())
        .containsEntry("SUCCEEDED", 3)
        .containsEntry("FAILED", 1);
    assertThat(job(id + ":1").container().exitCode()).isEqualTo(1);
  }

  @Test
  void the_guides_chain_runs_in_its_order() {
    String ok = define("exit", "0");
    String a = single(ok);
    String b = array(ok, 4, on(a));
    String c = array(ok, 4, each(b));
    String d = array(ok, 3, on(c), sequential());
    String e = single(ok, on(d));
    assertThat(ended(e).status()).isEqualTo(JobStatus.SUCCEEDED);
    for (int i = 0; i < 4; i++) {
      assertThat(job(c + ":" + i).startedAt()).isGreaterThanOrEqualTo(job(b + ":" + i).stoppedAt());
    }
    for (int i = 1; i < 3; i++) {
      assertThat(job(d + ":" + i).startedAt())
          .isGreaterThanOrEqualTo(job(d + ":" + (i - 1)).stoppedAt());
    }
    assertThat(job(e).startedAt()).isGreaterThanOrEqualTo(job(d).stoppedAt());
  }

  @Test
  void n_to_n_fails_only_the_child_whose_target_failed() {
    String up = array(define("fail-index", "2"), 4);
    String down = array(define("exit", "0"), 4, each(up));
    JobDetail parent = ended(down);
    assertThat(parent.statusReason()).isEqualTo("Array Child Job failed");
    assertThat(job(down + ":2").statusReason()).isEqualTo("Dependent Job failed");
    assertThat(job(down + ":2").attempts()).isEmpty();
    assertThat(job(down + ":3").status()).isEqualTo(JobStatus.SUCCEEDED);
    String late = array(define("exit", "0"), 4, each(up));
    assertThat(ended(late).arrayProperties().statusSummary())
        .containsEntry("SUCCEEDED", 3)
        .containsEntry("FAILED", 1);
  }

  @Test
  void a_sequence_ends_with_its_first_failure() {
    String id = array(define("fail-index", "1"), 4, sequential());
    assertThat(ended(id).arrayProperties().statusSummary())
        .containsEntry("SUCCEEDED", 1)
        .containsEntry("FAILED", 3);
    assertThat(job(id + ":3").statusReason()).isEqualTo("Dependent Job failed");
    assertThat(children(id, JobStatus.FAILED))
        .extracting(JobSummary::jobId)
        .containsExactly(id + ":1", id + ":2", id + ":3");
  }

  @Test
  void one_child_can_be_waited_for() {
    String up = array(define("fail-index", "0"), 2);
    assertThat(ended(single(define("exit", "0"), on(up + ":1"))).status())
        .isEqualTo(JobStatus.SUCCEEDED);
    assertThat(ended(single(define("exit", "0"), on(up + ":0"))).statusReason())
        .isEqualTo("Dependent Job failed");
  }

  @Test
  void a_parent_waits_with_all_its_children_for_a_dependency() {
    String hangs = single(define("hang"));
    String id = array(define("exit", "0"), 3, on(hangs));
    JobDetail parent = job(id);
    assertThat(parent.status()).isEqualTo(JobStatus.PENDING);
    assertThat(parent.arrayProperties().statusSummary()).containsEntry("PENDING", 3);
    assertThat(job(id + ":2").status()).isEqualTo(JobStatus.PENDING);
    batch.terminateJob(t -> t.jobId(hangs).reason("enough"));
    assertThat(ended(id).statusReason()).isEqualTo("Dependent Job failed");
    assertThat(job(id + ":2").statusReason()).isEqualTo("Dependent Job failed");
  }

  @Test
  void terminating_a_parent_ends_every_child_with_the_callers_reason() {
    String id = array(define("hang"), 6); // four of them fit
    await().atMost(Duration.ofSeconds(20)).until(() -> children(id, JobStatus.RUNNING).size() == 4);
    batch.terminateJob(t -> t.jobId(id).reason("enough of it"));
    JobDetail parent = ended(id);
    assertThat(parent.statusReason()).isEqualTo("enough of it");
    assertThat(parent.isTerminated()).isTrue();
    Map<String, Integer> attempts = new HashMap<>();
    for (JobSummary child : children(id, JobStatus.FAILED)) {
      assertThat(child.statusReason()).isEqualTo("enough of it");
      attempts.merge(Integer.toString(job(child.jobId()).attempts().size()), 1, Integer::sum);
    }
    assertThat(attempts).isEqualTo(Map.of("1", 4, "0", 2));
  }

  @Test
  void cancelling_a_parent_leaves_those_that_run() {
    String id = array(define("hang"), 6);
    await().atMost(Duration.ofSeconds(20)).until(() -> children(id, JobStatus.RUNNING).size() == 4);
    batch.cancelJob(c -> c.jobId(id).reason("not needed"));
    assertThat(job(id).status()).isEqualTo(JobStatus.PENDING);
    assertThat(job(id).arrayProperties().statusSummary())
        .containsEntry("RUNNING", 4)
        .containsEntry("FAILED", 2);
    batch.terminateJob(t -> t.jobId(id).reason("enough"));
    assertThat(ended(id).statusReason()).isEqualTo("not needed");
  }

  @Test
  void one_child_can_be_cancelled_alone() {
    String hangs = single(define("hang"));
    String id = array(define("exit", "0"), 2, on(hangs));
    batch.cancelJob(c -> c.jobId(id + ":1").reason("skip this one"));
    assertThat(job(id + ":1").statusReason()).isEqualTo("skip this one");
    assertThat(job(id + ":1").isCancelled()).isTrue();
    batch.terminateJob(t -> t.jobId(hangs).reason("enough"));
    assertThat(ended(id).status()).isEqualTo(JobStatus.FAILED);
  }

  @Test
  void children_are_retried_each_for_itself() {
    String id =
        submit(
                define("fail-index", "1"),
                s -> s.arrayProperties(a -> a.size(3)).retryStrategy(r -> r.attempts(3)))
            .jobId();
    ended(id);
    assertThat(job(id + ":1").attempts()).hasSize(3);
    assertThat(job(id + ":0").attempts()).hasSize(1);
    assertThat(job(id).attempts()).isEmpty();
  }

  @Test
  void what_cannot_be_an_array_is_refused_whole() {
    String ok = define("exit", "0");
    String four = array(ok, 4);
    refused(
        "An N_TO_N dependency needs an array of the same size, which is 3; job %s is an array of 4."
            .formatted(four),
        () -> array(ok, 3, each(four)));
    refused("is not an array", () -> array(ok, 3, each(single(ok))));
    refused("N_TO_N is for array jobs", () -> single(ok, each(four)));
    refused("SEQUENTIAL without a jobId is for array jobs", () -> single(ok, sequential()));
    refused("arrayProperties.size is 10001", () -> array(ok, 10_001));
    refused("Job nope:3 not found.", () -> single(ok, on("nope:3")));
    refused("Job %s:4 not found.".formatted(four), () -> single(ok, on(four + ":4")));
  }

  @Test
  void a_queue_lists_parents_and_no_children() {
    environment("apart", 2);
    queue("apart", "apart");
    String id =
        submit(define("hang"), s -> s.jobQueue("apart").arrayProperties(a -> a.size(3))).jobId();
    List<JobSummary> pending =
        batch.listJobs(l -> l.jobQueue("apart").jobStatus(JobStatus.PENDING)).jobSummaryList();
    assertThat(pending).extracting(JobSummary::jobId).containsExactly(id);
    assertThat(pending.getFirst().arrayProperties().size()).isEqualTo(3);
    assertThat(batch.listJobs(l -> l.jobQueue("apart")).jobSummaryList()).isEmpty();
    assertThat(Optional.ofNullable(job(id).container().taskArn())).isEmpty();
    batch.terminateJob(t -> t.jobId(id).reason("enough"));
    ended(id);
  }
}
