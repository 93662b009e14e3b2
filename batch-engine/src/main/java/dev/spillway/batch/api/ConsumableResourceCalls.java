package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.api.wire.Pages;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.store.JobListing;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The six operations on consumable resources. */
final class ConsumableResourceCalls {
  private static final String KIND = "consumable-resource";
  private static final int LIST_MAX = 100;

  private final EngineAccess engine;
  private final Commands commands;
  private final Arns arns;
  private final InstantSource clock;

  ConsumableResourceCalls(EngineAccess engine, Arns arns, InstantSource clock) {
    this.engine = engine;
    this.commands = new Commands(engine);
    this.arns = arns;
    this.clock = clock;
  }

  ObjectNode create(ObjectNode json) {
    Members request =
        Members.of(json, "consumableResourceName", "totalQuantity", "resourceType", "tags");
    String name =
        request.name(
            "consumableResourceName", "ConsumableResource name should match a valid pattern.");
    long total = notNegative(request.whole("totalQuantity").orElse(0L));
    ConsumableResource.Type type =
        request
            .oneOf("resourceType", ConsumableResource.Type.class)
            .orElse(ConsumableResource.Type.REPLENISHABLE);
    String tags = request.tags().toString();
    commands.ask(
        () ->
            new Command.CreateConsumableResource(
                new ConsumableResource(name, type, total, now(), tags)));
    return answer(name);
  }

  /** A {@code clientToken} that was used for the same change makes a repeat change nothing. */
  ObjectNode update(ObjectNode json) {
    Members request =
        Members.of(json, "consumableResource", "operation", "quantity", "clientToken");
    String name = name(request);
    String operation = request.oneOf("operation", List.of("SET", "ADD", "REMOVE")).orElse("SET");
    long quantity = request.whole("quantity").orElse(0L);
    if (quantity < 0) {
      throw PrefixedRefusal.of("quantity is %d; it should not be negative.".formatted(quantity));
    }
    Optional<String> token = request.text("clientToken");
    token
        .filter(t -> t.isEmpty() || t.length() > 64)
        .ifPresent(
            _ -> {
              throw PrefixedRefusal.of("clientToken should have 1 to 64 characters.");
            });
    commands.ask(
        () -> {
          ConsumableResource now = existing(name);
          boolean repeat = token.filter(t -> now.updatedUnder(t, now())).isPresent();
          return new Command.UpdateConsumableResource(
              now.version(),
              repeat ? now : now.total(changed(now, operation, quantity), token, now()));
        });
    return answer(name).put("totalQuantity", existing(name).totalQuantity());
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private static long changed(ConsumableResource now, String operation, long quantity) {
    return switch (operation) {
      case "SET" -> quantity;
      case "ADD" ->
          now.totalQuantity() > Long.MAX_VALUE - quantity
              ? Long.MAX_VALUE
              : now.totalQuantity() + quantity;
      default -> notNegative(now.totalQuantity() - quantity);
    };
  }

  private static long notNegative(long total) {
    if (total < 0) {
      throw PrefixedRefusal.of("totalQuantity cannot be a negative number.");
    }
    return total;
  }

  ObjectNode delete(ObjectNode json) {
    String name = name(Members.of(json, "consumableResource"));
    commands.ask(() -> new Command.DeleteConsumableResource(name));
    return Json.object();
  }

  ObjectNode describe(ObjectNode json) {
    ConsumableResource resource = existing(name(Members.of(json, "consumableResource")));
    ObjectNode wire = summary(resource);
    wire.put("availableQuantity", Math.max(0, resource.totalQuantity() - inUse(resource)))
        .put("createdAt", resource.createdAt().toEpochMilli());
    wire.set("tags", Json.read(resource.tags()));
    return wire;
  }

  ObjectNode list(ObjectNode json) {
    Members request = Members.of(json, "filters", "maxResults", "nextToken");
    List<ConsumableResource> all = new ArrayList<>(engine.view().consumableResources());
    for (Members filter : request.objects("filters", "name", "values")) {
      String wanted =
          JobFilters.value(filter, List.of("CONSUMABLE_RESOURCE_NAME")).toLowerCase(Locale.ROOT);
      all.removeIf(r -> !named(r.name().toLowerCase(Locale.ROOT), wanted));
    }
    ObjectNode answer = Json.object();
    Pages.add(answer, "consumableResources", request, all, ConsumableResource::name, this::summary);
    return answer;
  }

  private static boolean named(String name, String pattern) {
    return pattern.endsWith("*")
        ? name.startsWith(pattern.substring(0, pattern.length() - 1))
        : name.equals(pattern);
  }

  ObjectNode listJobs(ObjectNode json) {
    Members request = Members.of(json, "consumableResource", "filters", "maxResults", "nextToken");
    ConsumableResource resource = existing(name(request));
    JobListing listing =
        JobFilters.ofListJobsByConsumableResource(
            request, resource.name(), Pages.size(request, LIST_MAX));
    List<Job> page = new ArrayList<>();
    ObjectNode answer = Json.object();
    ArrayNode jobs = answer.putArray("jobs");
    JobPages.of(engine.journal(), request, listing, answer, page::add);
    Map<String, JobDetail> details = engine.journal().details(page.stream().map(Job::id).toList());
    WaitReasons reasons = new WaitReasons(engine.view());
    page.stream()
        .filter(job -> details.containsKey(job.id()))
        .forEach(job -> jobs.add(job(job, details.get(job.id()), resource.name(), reasons)));
    return answer;
  }

  private ObjectNode job(Job job, JobDetail kept, String resource, WaitReasons reasons) {
    ObjectNode wire = Json.object();
    wire.put("jobArn", arns.job(job.id()))
        .put("jobQueueArn", arns.jobQueue(job.spec().jobQueue()))
        .put("jobName", job.spec().jobName())
        .put("jobDefinitionArn", job.spec().jobDefinitionArn())
        .put("jobStatus", job.status().name())
        .put("createdAt", job.spec().createdAt().toEpochMilli())
        .put(
            "quantity",
            job.spec().needs().consumables().stream()
                .filter(n -> n.consumableResource().equals(resource))
                .mapToLong(ConsumableNeed::quantity)
                .sum());
    job.spec().share().identifier().ifPresent(share -> wire.put("shareIdentifier", share));
    job.startedAt().ifPresent(at -> wire.put("startedAt", at.toEpochMilli()));
    job.statusReason()
        .or(() -> reasons.of(job).statusReason())
        .ifPresent(reason -> wire.put("statusReason", reason));
    JsonNode properties = Json.read(kept.members()).get("consumableResourceProperties");
    wire.set("consumableResourceProperties", properties == null ? Json.object() : properties);
    return wire;
  }

  private String name(Members request) {
    return Names.of(request.requiredText("consumableResource"), KIND, arns);
  }

  private ConsumableResource existing(String name) {
    return engine
        .view()
        .consumableResource(name)
        .orElseThrow(() -> BatchApiException.client("ConsumableResource " + name + " not found."));
  }

  private long inUse(ConsumableResource resource) {
    return engine.view().consumableInUse(resource.name());
  }

  private ObjectNode summary(ConsumableResource resource) {
    return answer(resource.name())
        .put("totalQuantity", resource.totalQuantity())
        .put("inUseQuantity", inUse(resource))
        .put("resourceType", resource.type().name());
  }

  private ObjectNode answer(String name) {
    return Json.object()
        .put("consumableResourceName", name)
        .put("consumableResourceArn", arns.batch(KIND + "/" + name));
  }
}
