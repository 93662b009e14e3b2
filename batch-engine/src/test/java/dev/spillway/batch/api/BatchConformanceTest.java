package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.batch.model.ArrayJobDependency;
import software.amazon.awssdk.services.batch.model.ClientException;
import software.amazon.awssdk.services.batch.model.ContainerProperties;
import software.amazon.awssdk.services.batch.model.JobDefinitionType;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.JobSummary;
import software.amazon.awssdk.services.batch.model.ResourceType;
import software.amazon.awssdk.services.batch.model.RetryAction;
import software.amazon.awssdk.services.batch.model.SubmitJobRequest;
import software.amazon.awssdk.services.batch.model.SubmitJobResponse;

/** The unmodified AWS SDK for Java against the wire API. */
@Tag("conformance")
@SuppressWarnings({"unchecked", "deprecation"}) // the SDK's varargs of builders; old members
class BatchConformanceTest extends ConformanceServer {
  @Test
  void a_job_runs_to_succeeded_and_shows_what_it_ran_with() {
    String definition = define("exit", "0", "Ref::who", "x-Ref::who");
    SubmitJobResponse submitted =
        submit(
            definition,
            s ->
                s.containerOverrides(
                        o ->
                            o.environment(variable("GREETING", "hello"))
                                .resourceRequirements(requirement(ResourceType.VCPU, "2")))
                    .tags(Map.of("team", "x")));
    JobDetail job = ended(submitted.jobId());
    assertThat(job.status()).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(job.statusReason()).isEqualTo("Essential container in task exited");
    assertThat(job.container().exitCode()).isZero();
    assertThat(job.container().command()).containsExactly("exit", "0", "world", "x-world");
    assertThat(job.container().resourceRequirements())
        .containsExactly(
            requirement(ResourceType.VCPU, "2"), requirement(ResourceType.MEMORY, "64"));
    assertThat(job.container().environment())
        .containsExactly(variable("GREETING", "hello"), variable("KEPT", "1"));
    assertThat(job.container().logStreamName()).startsWith(definition + "/default/");
    assertThat(job.container().taskArn())
        .matches("arn:aws:ecs:us-east-1:123456789012:task/ce_Batch_[0-9a-f-]{36}/[0-9a-f]{32}");
    assertThat(job.container().containerInstanceArn())
        .matches("arn:aws:ecs:.*:container-instance/ce_Batch_[0-9a-f-]{36}/[0-9a-f]{32}");
    assertThat(job.attempts()).hasSize(1);
    assertThat(job.attempts().getFirst().container().exitCode()).isZero();
    assertThat(job.jobDefinition())
        .isEqualTo("arn:aws:batch:us-east-1:123456789012:job-definition/" + definition + ":1");
    assertThat(job.jobQueue()).isEqualTo("arn:aws:batch:us-east-1:123456789012:job-queue/prod");
    assertThat(job.tags()).containsEntry("team", "x");
    assertThat(job.retryStrategy().attempts()).isEqualTo(1);
    assertThat(job.startedAt()).isGreaterThanOrEqualTo(job.createdAt());
    assertThat(job.hasDependsOn()).isTrue();
    assertThat(job.isCancelled()).isFalse();
    var attempt =
        server.executor.starts().stream()
            .filter(a -> a.id().jobId().equals(job.jobId()))
            .findFirst()
            .orElseThrow();
    assertThat(attempt.environment())
        .containsEntry("GREETING", "hello")
        .containsEntry("AWS_BATCH_JOB_ID", job.jobId())
        .containsEntry("AWS_BATCH_JOB_ATTEMPT", "1")
        .containsEntry("AWS_BATCH_JQ_NAME", "prod")
        .containsEntry("AWS_BATCH_CE_NAME", "ce");
    assertThat(attempt.vcpus()).isEqualTo(2.0);
    assertThat(attempt.log().toString()).endsWith(job.jobId() + "/1.log");
  }

  @Test
  void a_failing_job_is_tried_as_often_as_its_rules_say() {
    String definition = define("exit", "3");
    JobDetail retried =
        ended(
            submit(
                    definition,
                    s ->
                        s.retryStrategy(
                            r ->
                                r.attempts(3)
                                    .evaluateOnExit(
                                        e -> e.onExitCode("3").action(RetryAction.RETRY))))
                .jobId());
    assertThat(retried.status()).isEqualTo(JobStatus.FAILED);
    assertThat(retried.attempts()).hasSize(3);
    assertThat(retried.retryStrategy().evaluateOnExit().getFirst().actionAsString())
        .isEqualTo("retry");
    JobDetail left =
        ended(
            submit(
                    definition,
                    s ->
                        s.retryStrategy(
                            r ->
                                r.attempts(3)
                                    .evaluateOnExit(e -> e.onReason("*").action(RetryAction.EXIT))))
                .jobId());
    assertThat(left.attempts()).hasSize(1);
  }

  @Test
  void a_lost_host_an_oom_kill_and_a_failed_start_read_as_on_aws() {
    JobDetail lost = ended(submit(define("vanish"), s -> s).jobId());
    assertThat(lost.statusReason()).matches("Host EC2 \\(instance i-[0-9a-f]{17}\\) terminated\\.");
    assertThat(lost.container().exitCode()).isNull();
    JobDetail oom = ended(submit(define("oom"), s -> s).jobId());
    assertThat(oom.statusReason()).isEqualTo("Essential container in task exited");
    assertThat(oom.container().reason())
        .isEqualTo("OutOfMemoryError: Container killed due to memory usage");
    JobDetail notStarted =
        ended(submit(define("fail", "CannotPullContainerError: no such image"), s -> s).jobId());
    assertThat(notStarted.statusReason()).isEqualTo("Task failed to start");
    assertThat(notStarted.container().reason()).startsWith("CannotPullContainerError: ");
    assertThat(notStarted.startedAt()).isNull();
  }

  @Test
  void dependents_run_after_success_and_fail_after_failure() {
    String ok = define("exit", "0");
    SubmitJobResponse collect = submit(ok, s -> s.jobName("collect"));
    SubmitJobResponse feed =
        submit(ok, s -> s.jobName("feed").dependsOn(d -> d.jobId(collect.jobId())));
    SubmitJobResponse images =
        submit(
            ok,
            s ->
                s.jobName("images")
                    .dependsOn(d -> d.jobId(collect.jobId()).type(ArrayJobDependency.SEQUENTIAL)));
    assertThat(ended(images.jobId()).status()).isEqualTo(JobStatus.SUCCEEDED);
    JobDetail fed = ended(feed.jobId());
    assertThat(fed.startedAt()).isGreaterThanOrEqualTo(ended(collect.jobId()).stoppedAt());
    assertThat(fed.dependsOn().getFirst().jobId()).isEqualTo(collect.jobId());

    SubmitJobResponse bad = submit(define("exit", "1"), s -> s);
    ended(bad.jobId());
    SubmitJobResponse late = submit(ok, s -> s.dependsOn(d -> d.jobId(bad.jobId())));
    SubmitJobResponse later = submit(ok, s -> s.dependsOn(d -> d.jobId(late.jobId())));
    assertThat(ended(late.jobId()).statusReason()).isEqualTo("Dependent Job failed");
    assertThat(ended(later.jobId()).statusReason()).isEqualTo("Dependent Job failed");
    assertThat(job(later.jobId()).attempts()).isEmpty();
    refused(
        "Job 00000000-0000-0000-0000-000000000000 not found.",
        () -> submit(ok, s -> s.dependsOn(d -> d.jobId("00000000-0000-0000-0000-000000000000"))));
  }

  @Test
  void terminate_ends_a_running_job_and_cancel_does_not() {
    String hangs = define("hang");
    String id = submit(hangs, s -> s.retryStrategy(r -> r.attempts(5))).jobId();
    until(id, JobStatus.RUNNING);
    assertThat(
            batch.listJobs(l -> l.jobQueue("prod")).jobSummaryList().stream()
                .map(JobSummary::jobId))
        .contains(id);
    batch.cancelJob(c -> c.jobId(id).reason("not this way"));
    assertThat(job(id).status()).isEqualTo(JobStatus.RUNNING);
    batch.terminateJob(t -> t.jobId(id).reason("enough of it"));
    JobDetail ended = ended(id);
    assertThat(ended.status()).isEqualTo(JobStatus.FAILED);
    assertThat(ended.statusReason()).isEqualTo("enough of it");
    assertThat(ended.isTerminated()).isTrue();
    assertThat(ended.attempts()).hasSize(1);
    batch.terminateJob(t -> t.jobId(id).reason("again"));
    batch.cancelJob(t -> t.jobId("00000000-0000-0000-0000-000000000000").reason("unknown"));
  }

  @Test
  void a_job_too_large_for_its_environment_says_so_and_can_be_cancelled() {
    environment("small", 1);
    queue("small-q", "small");
    String id =
        submit(
                define("exit", "0"),
                s ->
                    s.jobQueue("small-q")
                        .containerOverrides(
                            o -> o.resourceRequirements(requirement(ResourceType.VCPU, "2"))))
            .jobId();
    assertThat(until(id, JobStatus.RUNNABLE).statusReason())
        .startsWith("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE");
    batch.cancelJob(c -> c.jobId(id).reason("too large"));
    assertThat(ended(id).statusReason()).isEqualTo("too large");
    assertThat(job(id).isCancelled()).isTrue();
  }

  @Test
  void one_idempotency_key_makes_one_job() {
    String definition = define("exit", "0");
    UnaryOperator<SubmitJobRequest.Builder> keyed =
        s -> s.tags(Map.of("spillway:idempotency-key", "key-1"));
    String first = submit(definition, keyed).jobId();
    assertThat(submit(definition, keyed).jobId()).isEqualTo(first);
    ended(first);
    assertThat(submit(definition, keyed).jobId()).isEqualTo(first);
    assertThatThrownBy(() -> submit(definition, s -> keyed.apply(s).jobName("other")))
        .isInstanceOf(ClientException.class)
        .hasMessageContaining("key-1")
        .hasMessageContaining(first);
  }

  @Test
  void lists_are_paged_newest_first_and_filtered_by_name() {
    environment("pages", 4);
    queue("pages-q", "pages");
    String definition = define("exit", "0");
    for (int i = 0; i < 7; i++) {
      String name = "page-" + i;
      ended(submit(definition, s -> s.jobQueue("pages-q").jobName(name)).jobId());
    }
    List<String> names =
        batch
            .listJobsPaginator(
                l -> l.jobQueue("pages-q").jobStatus(JobStatus.SUCCEEDED).maxResults(3))
            .stream()
            .flatMap(page -> page.jobSummaryList().stream())
            .map(JobSummary::jobName)
            .toList();
    assertThat(names)
        .containsExactly("page-6", "page-5", "page-4", "page-3", "page-2", "page-1", "page-0");
    assertThat(
            batch
                .listJobs(
                    l -> l.jobQueue("pages-q").filters(f -> f.name("JOB_NAME").values("PAGE-3")))
                .jobSummaryList())
        .extracting(JobSummary::jobName)
        .containsExactly("page-3");
    assertThat(
            batch
                .listJobs(
                    l -> l.jobQueue("pages-q").filters(f -> f.name("JOB_NAME").values("page-*")))
                .jobSummaryList())
        .hasSize(7);
    refused(
        "Error executing request, Exception : nextToken is not one that this call gave; repeat the"
            + " call without it., RequestId: ",
        () -> batch.listJobs(l -> l.jobQueue("pages-q").nextToken("bm9wZQ")));
  }

  @Test
  void refusals_have_awss_words_and_shape() {
    String ok = define("exit", "0");
    refused("JobQueue nope not found.", () -> submit(ok, s -> s.jobQueue("nope")));
    refused(
        "JobDefinition name nope does not exist or is not in ACTIVE status",
        () -> submit("nope", s -> s));
    refused(
        "Error executing request, Exception : Job name should match valid pattern, RequestId: ",
        () -> submit(ok, s -> s.jobName("-bad")));
    refused(
        "Unable to substitute value. No parameter found for reference nobody",
        () -> submit(ok, s -> s.containerOverrides(o -> o.command("Ref::nobody"))));
    refused(
        "Error executing request, Exception : attemptDurationSeconds must be at least 60.,",
        () -> submit(ok, s -> s.timeout(t -> t.attemptDurationSeconds(59))));
    refused(
        "arrayProperties.size is 1; it should be between 2 and 10000.",
        () -> submit(ok, s -> s.arrayProperties(a -> a.size(1))));
    refused(
        "Job with shareIdentifier or schedulingPriority can onlybe submitted",
        () -> submit(ok, s -> s.shareIdentifier("a")));
    refused(
        "vCPU is not provided.",
        () ->
            batch.registerJobDefinition(
                d ->
                    d.jobDefinitionName("x")
                        .type(JobDefinitionType.CONTAINER)
                        .containerProperties(c -> c.image("busybox").memory(64))));
    refused("Object already exists", () -> queue("prod", "ce"));
    refused(
        "ListServiceJobs is for SageMaker Training jobs, which Spillway does not run; use SubmitJob.",
        () -> batch.listServiceJobs(l -> l.jobQueue("prod")));
    refused(
        "arn:aws:batch:us-east-1:999999999999:job-queue/prod is not a job queue of this account",
        () -> submit(ok, s -> s.jobQueue("arn:aws:batch:us-east-1:999999999999:job-queue/prod")));
  }

  @Test
  void bodies_that_are_no_request_get_a_4xx() throws Exception {
    assertThat(post("/v1/describejobs", "{\"jobs\": [").statusCode()).isEqualTo(400);
    assertThat(post("/v1/describejobs", "{\"jobs\": [").headers().firstValue("x-amzn-ErrorType"))
        .hasValue("ClientException");
    assertThat(post("/v1/describejobs", "[]").statusCode()).isEqualTo(400);
    assertThat(post("/v1/describejobs", "{\"jobs\": 7}").body()).contains("jobs should be a list");
    assertThat(post("/v1/describejobs", "{\"jobs\": [], \"jbos\": 1}").body())
        .contains("jbos is not a member");
    assertThat(post("/v1/describejobs", "{} garbage").body()).contains("is not JSON");
    assertThat(post("/v1/describejobqueues", "{} {\"jobQueues\": [\"prod\"]}").body())
        .contains("more text after its JSON object");
    assertThat(post("/v1/describejobqueues", "{\"maxResults\": 1, \"maxResults\": 2}").body())
        .contains("Duplicate field 'maxResults'");
    assertThat(post("/v1/describejobqueues", "{} \n").statusCode()).isEqualTo(200);
    assertThat(post("/v1/describejobs", " ".repeat(1024 * 1024 + 1)).statusCode()).isEqualTo(413);
    assertThat(post("/v1/nothing", "{}").statusCode()).isEqualTo(404);
    assertThat(post("/v1/describejobqueues", "").statusCode()).isEqualTo(200);
  }

  @Test
  void what_no_process_can_be_given_is_refused_by_member_value_and_rule() {
    String ok = define("exit", "0", "Ref::who");
    for (String name : List.of("A=B", "")) {
      String member = "environment[0].name is \"" + name + "\"; the name of";
      refused(
          "containerOverrides." + member,
          () -> submit(ok, s -> s.containerOverrides(o -> o.environment(variable(name, "v")))));
      refused(
          "containerProperties." + member, () -> register(c -> c.environment(variable(name, "v"))));
    }
    refused(
        "containerOverrides.environment[0].name is \"A\\u0000B\"; it should have no zero byte.",
        () -> submit(ok, s -> s.containerOverrides(o -> o.environment(variable("A\0B", "v")))));
    refused(
        "containerOverrides.environment[0].value is \"a\\u0000b\"; it should have no zero byte.",
        () -> submit(ok, s -> s.containerOverrides(o -> o.environment(variable("A", "a\0b")))));
    refused(
        "containerOverrides.command[1] is \"a\\u0000b\"; it should have no zero byte.",
        () -> submit(ok, s -> s.containerOverrides(o -> o.command("echo", "a\0b"))));
    refused(
        "parameters.who is \"a\\u0000b\"; it should have no zero byte.",
        () -> submit(ok, s -> s.parameters(Map.of("who", "a\0b"))));
    refused(
        "containerProperties.environment[0].value is \"\\u0000\"; it should have no zero byte.",
        () -> register(c -> c.environment(variable("A", "\0"))));
    refused(
        "containerProperties.command[0] is \"\\u0000\"; it should have no zero byte.",
        () -> register(c -> c.command("\0")));
  }

  private static void register(UnaryOperator<ContainerProperties.Builder> more) {
    batch.registerJobDefinition(
        d ->
            d.jobDefinitionName("refused")
                .type(JobDefinitionType.CONTAINER)
                .containerProperties(
                    more.apply(ContainerProperties.builder().image("busybox").vcpus(1).memory(64))
                        .build()));
  }
}
