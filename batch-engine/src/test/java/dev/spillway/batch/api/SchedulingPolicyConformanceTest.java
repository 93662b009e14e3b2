package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.batch.model.ComputeEnvironmentOrder;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.JobSummary;
import software.amazon.awssdk.services.batch.model.KeyValuesPair;
import software.amazon.awssdk.services.batch.model.SchedulingPolicyListingDetail;
import software.amazon.awssdk.services.batch.model.ShareAttributes;

/** Scheduling policies, and the jobs of a queue that has one. */
@Tag("conformance")
@SuppressWarnings("unchecked") // the SDK's varargs of builders
class SchedulingPolicyConformanceTest extends ConformanceServer {

  private static String policy(String name) {
    return batch
        .createSchedulingPolicy(
            p ->
                p.name(name)
                    .tags(Map.of("team", "x"))
                    .fairsharePolicy(
                        f ->
                            f.shareDecaySeconds(3600)
                                .computeReservation(10)
                                .shareDistribution(
                                    ShareAttributes.builder()
                                        .shareIdentifier("gold*")
                                        .weightFactor(0.5f)
                                        .build(),
                                    ShareAttributes.builder().shareIdentifier("rest").build())))
        .arn();
  }

  private static void fairQueue(String name, String policyArn, int maxVcpus) {
    environment(name, maxVcpus);
    batch.createJobQueue(
        q ->
            q.jobQueueName(name)
                .priority(1)
                .schedulingPolicyArn(policyArn)
                .computeEnvironmentOrder(
                    ComputeEnvironmentOrder.builder().order(1).computeEnvironment(name).build()));
  }

  @Test
  void a_policy_is_kept_listed_changed_and_goes_when_no_queue_has_it() {
    String arn = policy("fair");
    assertThat(arn).isEqualTo("arn:aws:batch:us-east-1:123456789012:scheduling-policy/fair");
    var found = batch.describeSchedulingPolicies(d -> d.arns(arn, arn + "x")).schedulingPolicies();
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().tags()).containsEntry("team", "x");
    assertThat(found.getFirst().fairsharePolicy().shareDecaySeconds()).isEqualTo(3600);
    assertThat(found.getFirst().fairsharePolicy().computeReservation()).isEqualTo(10);
    assertThat(found.getFirst().fairsharePolicy().shareDistribution())
        .extracting(ShareAttributes::shareIdentifier, ShareAttributes::weightFactor)
        .containsExactly(tuple("gold*", 0.5f), tuple("rest", 1.0f));
    String other = policy("other");
    assertThat(batch.listSchedulingPoliciesPaginator(l -> l.maxResults(1)).schedulingPolicies())
        .extracting(SchedulingPolicyListingDetail::arn)
        .contains(arn, other);
    fairQueue("fair", arn, 1);
    refused("is used by job queue fair", () -> batch.deleteSchedulingPolicy(d -> d.arn(arn)));
    batch.updateJobQueue(q -> q.jobQueue("fair").schedulingPolicyArn(other));
    assertThat(batch.describeJobQueues(d -> d.jobQueues("fair")).jobQueues().getFirst())
        .extracting(q -> q.schedulingPolicyArn())
        .isEqualTo(other);
    batch.deleteSchedulingPolicy(d -> d.arn(arn));
    assertThat(batch.describeSchedulingPolicies(d -> d.arns(arn)).schedulingPolicies()).isEmpty();
    batch.updateSchedulingPolicy(
        u -> u.arn(other).fairsharePolicy(f -> f.shareDecaySeconds(60).computeReservation(0)));
    assertThat(
            batch
                .describeSchedulingPolicies(d -> d.arns(other))
                .schedulingPolicies()
                .getFirst()
                .fairsharePolicy()
                .shareDistribution())
        .isEmpty();
  }

  @Test
  void bad_policies_are_refused_in_awss_words() {
    refused(
        "Scheduling policy name should match a valid pattern.",
        () -> batch.createSchedulingPolicy(p -> p.name("no spaces")));
    refused(
        "Object already exists",
        () -> {
          policy("twice");
          policy("twice");
        });
    refused("Weight factor should be between 0.0001 and 999.9999.", () -> share("a", 0f));
    refused("Cannot have two or more identical shareIdentifiers.", () -> shares("a", "a"));
    refused("Share identifier ab matches another share identifier a*", () -> shares("a*", "ab"));
    refused(
        "Only scheduling policy Arn can be allowed.",
        () -> batch.deleteSchedulingPolicy(d -> d.arn("fair")));
    refused(
        "SchedulingPolicy arn:aws:batch:us-east-1:123456789012:scheduling-policy/none not found.",
        () ->
            batch.updateSchedulingPolicy(
                u -> u.arn("arn:aws:batch:us-east-1:123456789012:scheduling-policy/none")));
  }

  private static void share(String name, float weight) {
    batch.createSchedulingPolicy(
        p ->
            p.name("refused")
                .fairsharePolicy(
                    f -> f.shareDistribution(s -> s.shareIdentifier(name).weightFactor(weight))));
  }

  private static void shares(String... names) {
    List<ShareAttributes> list =
        List.of(names).stream()
            .map(n -> ShareAttributes.builder().shareIdentifier(n).build())
            .toList();
    batch.createSchedulingPolicy(
        p -> p.name("refused").fairsharePolicy(f -> f.shareDistribution(list)));
  }

  @Test
  void jobs_of_a_fair_share_queue_name_their_share_and_are_found_by_it() throws Exception {
    fairQueue("shares", policy("shares"), 3); // less what is reserved: two jobs
    String hang = define("hang");
    refused("shareIdentifier must be specified.", () -> submit(hang, s -> s.jobQueue("shares")));
    String gold =
        submit(
                hang,
                s -> s.jobQueue("shares").shareIdentifier("gold1").schedulingPriorityOverride(9))
            .jobId();
    String rest = submit(hang, s -> s.jobQueue("shares").shareIdentifier("rest")).jobId();
    String waits = submit(hang, s -> s.jobQueue("shares").shareIdentifier("rest")).jobId();
    until(gold, JobStatus.RUNNING);
    until(rest, JobStatus.RUNNING);
    JobDetail detail = job(gold);
    assertThat(detail.shareIdentifier()).isEqualTo("gold1");
    assertThat(detail.schedulingPriority()).isEqualTo(9);
    assertThat(post("/v1/describejobs", "{\"jobs\":[\"" + waits + "\"]}").body())
        .contains("with 2 active shares the jobs of job queue shares may hold");
    assertThat(byShare("rest", null)).containsExactlyInAnyOrder(rest, waits);
    assertThat(byShare("rest", JobStatus.RUNNING)).containsExactly(rest);
    var snapshot = batch.getJobQueueSnapshot(g -> g.jobQueue("shares"));
    assertThat(snapshot.frontOfQueue().jobs()).hasSize(1);
    assertThat(snapshot.frontOfQueue().jobs().getFirst().jobArn()).endsWith(waits);
    assertThat(snapshot.frontOfQueue().jobs().getFirst().earliestTimeAtPosition()).isPositive();
    // Newer than this SDK.
    assertThat(post("/v1/getjobqueuesnapshot", "{\"jobQueue\":\"shares\"}").body())
        .contains("\"totalCapacityUsage\":[{\"capacityUnit\":\"VCPU\",\"quantity\":2.0}]")
        .contains("\"activeShareCount\":2");
    for (String id : List.of(waits, gold, rest)) {
      batch.terminateJob(t -> t.jobId(id).reason("enough"));
    }
  }

  private static List<String> byShare(String share, JobStatus status) {
    return batch
        .listJobs(
            l ->
                l.jobQueue("shares")
                    .jobStatus(status)
                    .filters(
                        KeyValuesPair.builder().name("SHARE_IDENTIFIER").values(share).build()))
        .jobSummaryList()
        .stream()
        .map(JobSummary::jobId)
        .toList();
  }
}
