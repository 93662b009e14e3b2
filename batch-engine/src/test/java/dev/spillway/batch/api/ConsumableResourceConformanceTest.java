package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.batch.model.ConsumableResourceRequirement;
import software.amazon.awssdk.services.batch.model.ConsumableResourceSummary;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.KeyValuesPair;
import software.amazon.awssdk.services.batch.model.ListJobsByConsumableResourceSummary;

/** Consumable resources: jobs hold them, wait for them, and use them up. */
@Tag("conformance")
class ConsumableResourceConformanceTest extends ConformanceServer {

  private static void resource(String name, String type, long total) {
    batch.createConsumableResource(
        c ->
            c.consumableResourceName(name)
                .resourceType(type)
                .totalQuantity(total)
                .tags(Map.of("team", "x")));
  }

  private static String holding(String definition, String resource, long quantity) {
    return submit(
            definition,
            s ->
                s.consumableResourcePropertiesOverride(
                    c ->
                        c.consumableResourceList(
                            ConsumableResourceRequirement.builder()
                                .consumableResource(resource)
                                .quantity(quantity)
                                .build())))
        .jobId();
  }

  @Test
  void jobs_wait_for_what_others_hold() throws Exception {
    resource("licences", "REPLENISHABLE", 2);
    String first = holding(define("hang"), "licences", 2);
    until(first, JobStatus.RUNNING);
    var held = batch.describeConsumableResource(d -> d.consumableResource("licences"));
    assertThat(held.totalQuantity()).isEqualTo(2);
    assertThat(held.inUseQuantity()).isEqualTo(2);
    assertThat(held.availableQuantity()).isZero();
    assertThat(held.tags()).containsEntry("team", "x");
    assertThat(held.createdAt()).isPositive();
    String second = holding(define("exit", "0"), "licences", 1);
    assertThat(job(second).status()).isEqualTo(JobStatus.RUNNABLE);
    assertThat(post("/v1/describejobs", "{\"jobs\":[\"" + second + "\"]}").body())
        .contains("Waiting for 1 of consumable resource licences: 0 of 2 are available.");
    List<ListJobsByConsumableResourceSummary> both =
        batch
            .listJobsByConsumableResourcePaginator(
                l -> l.consumableResource(held.consumableResourceArn()).maxResults(1))
            .jobs()
            .stream()
            .toList();
    assertThat(both).hasSize(2);
    assertThat(both.getFirst().quantity()).isEqualTo(1);
    assertThat(both.getFirst().jobStatus()).isEqualTo("RUNNABLE");
    assertThat(both.getFirst().consumableResourceProperties().consumableResourceList()).hasSize(1);
    assertThat(
            batch
                .listJobsByConsumableResource(
                    l ->
                        l.consumableResource("licences")
                            .filters(filter("JOB_STATUS", "RUNNING"), filter("JOB_NAME", "DE*")))
                .jobs())
        .singleElement()
        .satisfies(j -> assertThat(j.jobArn()).endsWith(first));
    batch.terminateJob(t -> t.jobId(first).reason("enough"));
    assertThat(ended(second).status()).isEqualTo(JobStatus.SUCCEEDED);
  }

  private static KeyValuesPair filter(String name, String value) {
    return KeyValuesPair.builder().name(name).values(value).build();
  }

  @Test
  void what_does_not_come_back_is_used_up() {
    resource("tokens", "NON_REPLENISHABLE", 3);
    ended(holding(define("exit", "0"), "tokens", 2));
    var left = batch.describeConsumableResource(d -> d.consumableResource("tokens"));
    assertThat(left.totalQuantity()).isEqualTo(1);
    assertThat(left.inUseQuantity()).isZero();
    assertThat(left.resourceType()).isEqualTo("NON_REPLENISHABLE");
    String waits = holding(define("exit", "0"), "tokens", 2);
    assertThat(job(waits).status()).isEqualTo(JobStatus.RUNNABLE);
    for (int i = 0; i < 2; i++) { // one change, told twice
      batch.updateConsumableResource(
          u -> u.consumableResource("tokens").operation("ADD").quantity(1L).clientToken("add-one"));
    }
    assertThat(ended(waits).status()).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(
            batch.describeConsumableResource(d -> d.consumableResource("tokens")).totalQuantity())
        .isZero();
  }

  @Test
  void they_are_listed_set_and_deleted() {
    resource("List-A", "REPLENISHABLE", 1);
    resource("list-b", "REPLENISHABLE", 1);
    assertThat(
            batch
                .listConsumableResourcesPaginator(
                    l -> l.maxResults(1).filters(filter("CONSUMABLE_RESOURCE_NAME", "LIST-*")))
                .consumableResources())
        .extracting(ConsumableResourceSummary::consumableResourceName)
        .containsExactly("List-A", "list-b");
    assertThat(
            batch
                .updateConsumableResource(
                    u -> u.consumableResource("List-A").operation("SET").quantity(7L))
                .totalQuantity())
        .isEqualTo(7);
    refused(
        "totalQuantity cannot be a negative number.",
        () ->
            batch.updateConsumableResource(
                u -> u.consumableResource("List-A").operation("REMOVE").quantity(8L)));
    batch.deleteConsumableResource(d -> d.consumableResource("List-A"));
    refused(
        "ConsumableResource List-A not found.",
        () -> batch.describeConsumableResource(d -> d.consumableResource("List-A")));
    refused(
        "ConsumableResource List-A not found.", () -> holding(define("exit", "0"), "List-A", 1));
    refused("totalQuantity cannot be a negative number.", () -> resource("x", "REPLENISHABLE", -1));
    refused(
        "ConsumableResource name should match a valid pattern.",
        () -> resource("no spaces", "REPLENISHABLE", 1));
    refused("Object already exists", () -> resource("list-b", "REPLENISHABLE", 1));
    refused("valid are [REPLENISHABLE, NON_REPLENISHABLE]", () -> resource("y", "SOMETIMES", 1));
  }
}
