package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.batch.model.JobStatus;

/** Tags of everything that has an ARN. */
@Tag("conformance")
class TagConformanceTest extends ConformanceServer {

  private static Map<String, String> tags(String arn) {
    return batch.listTagsForResource(l -> l.resourceArn(arn)).tags();
  }

  private static String arn(String resource) {
    return "arn:aws:batch:us-east-1:123456789012:" + resource;
  }

  @Test
  void everything_with_an_arn_can_be_tagged() {
    String definition = define("exit", "0");
    String job = submit(definition, s -> s.tags(Map.of("given", "1"))).jobId();
    batch.createSchedulingPolicy(p -> p.name("tagged"));
    batch.createConsumableResource(c -> c.consumableResourceName("tagged").totalQuantity(1L));
    ended(job);
    for (String arn :
        List.of(
            arn("compute-environment/ce"),
            arn("job-queue/prod"),
            arn("job-definition/" + definition + ":1"),
            arn("job/" + job),
            arn("scheduling-policy/tagged"),
            arn("consumable-resource/tagged"))) {
      batch.tagResource(t -> t.resourceArn(arn).tags(Map.of("a", "1", "b c", "2", "ü/+%", "3")));
      batch.tagResource(t -> t.resourceArn(arn).tags(Map.of("a", "changed")));
      assertThat(tags(arn)).as(arn).containsEntry("a", "changed").containsEntry("ü/+%", "3");
      batch.untagResource(u -> u.resourceArn(arn).tagKeys("b c", "ü/+%"));
      assertThat(tags(arn)).as(arn).containsEntry("a", "changed").doesNotContainKey("b c");
    }
    assertThat(job(job).tags()).containsEntry("given", "1").containsEntry("a", "changed");
    assertThat(job(job).status()).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(
            batch
                .describeJobDefinitions(d -> d.jobDefinitions(definition + ":1"))
                .jobDefinitions()
                .getFirst()
                .tags())
        .containsEntry("a", "changed");
  }

  @Test
  void an_arn_in_the_path_may_be_encoded_or_not() throws Exception {
    batch.tagResource(t -> t.resourceArn(arn("job-queue/prod")).tags(Map.of("k", "v")));
    for (String path :
        List.of(
            "/v1/tags/arn:aws:batch:us-east-1:123456789012:job-queue/prod",
            "/v1/tags/arn%3Aaws%3Abatch%3Aus-east-1%3A123456789012%3Ajob-queue%2Fprod")) {
      assertThat(get(path).body()).as(path).contains("\"k\":\"v\"");
    }
    assertThat(
            get("/v1/tags/arn%3Aaws%3Abatch%3Aus-east-1%3A123456789012%3Ajob%2Fx%23y").statusCode())
        .isEqualTo(400);
  }

  private static HttpResponse<String> get(String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create(server.url() + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void what_cannot_be_tagged_is_refused() {
    String ok = define("exit", "0");
    String array = submit(ok, s -> s.arrayProperties(a -> a.size(2))).jobId();
    refused("is a child of an array job", () -> tags(arn("job/" + array + ":1")));
    refused("not found", () -> tags(arn("job/none")));
    refused("not found", () -> tags(arn("job-queue/none")));
    refused("not found", () -> tags(arn("job-definition/" + ok)));
    refused("not found", () -> tags(arn("nonsense/x")));
    refused("ARNs of this account and region begin with", () -> tags("arn:aws:batch:eu:1:x/y"));
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i < 30; i++) {
      many.put("k" + i, "v");
    }
    batch.tagResource(t -> t.resourceArn(arn("job/" + array)).tags(many));
    many.clear();
    for (int i = 30; i < 60; i++) {
      many.put("k" + i, "v");
    }
    refused(
        "tags has 60 entries; the maximum is 50.",
        () -> batch.tagResource(t -> t.resourceArn(arn("job/" + array)).tags(many)));
    assertThat(tags(arn("job/" + array))).hasSize(30);
    refused(
        "Tag key aws:x begins with aws:",
        () ->
            batch.tagResource(
                t -> t.resourceArn(arn("job-queue/prod")).tags(Map.of("aws:x", "1"))));
  }
}
