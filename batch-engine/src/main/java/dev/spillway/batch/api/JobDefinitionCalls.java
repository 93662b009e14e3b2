package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.ContainerMembers;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Pages;
import dev.spillway.batch.api.wire.RetryMembers;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.jobdefinition.JobDefinition;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The three operations on job definitions, and how others find one. */
final class JobDefinitionCalls {
  private static final int MAX_BYTES = 24 * 1024;

  private final EngineAccess engine;
  private final Commands commands;
  private final Arns arns;
  private final InstantSource clock;
  private final boolean allowPrivileged;

  JobDefinitionCalls(EngineAccess engine, Arns arns, InstantSource clock, boolean allowPrivileged) {
    this.engine = engine;
    this.commands = new Commands(engine);
    this.arns = arns;
    this.clock = clock;
    this.allowPrivileged = allowPrivileged;
  }

  ObjectNode register(ObjectNode json) {
    Members request =
        Members.of(
            json,
            "jobDefinitionName",
            "type",
            "parameters",
            "schedulingPriority",
            "containerProperties",
            "nodeProperties",
            "retryStrategy",
            "propagateTags",
            "timeout",
            "tags",
            "platformCapabilities",
            "eksProperties",
            "ecsProperties",
            "consumableResourceProperties");
    String name =
        request.name("jobDefinitionName", "Job definition name should match a valid pattern.");
    request.requiredText("type");
    if (request.oneOf("type", List.of("container", "multinode")).get().equals("multinode")) {
      throw PrefixedRefusal.unsupported("A job definition of type multinode");
    }
    for (String member :
        List.of(
            "nodeProperties", "eksProperties", "ecsProperties", "consumableResourceProperties")) {
      if (request.says(member)) {
        throw PrefixedRefusal.unsupported(member);
      }
    }
    if (Json.size(json) > MAX_BYTES) {
      throw PrefixedRefusal.of(
          "The job definition has %d bytes; the maximum is %d."
              .formatted(Json.size(json), MAX_BYTES));
    }
    boolean fargate = fargate(request);
    ObjectNode detail = Json.object().put("type", "container");
    request
        .integer("schedulingPriority")
        .ifPresent(
            priority -> {
              if (priority < 0 || priority > 9999) {
                throw PrefixedRefusal.of("Scheduling priority must be between 0 and 9999.");
              }
              detail.put("schedulingPriority", priority);
            });
    detail.set("parameters", request.map("parameters"));
    RetryMembers.retryStrategy(request).ifPresent(s -> detail.set("retryStrategy", s));
    detail.set(
        "containerProperties", ContainerMembers.properties(request, fargate, allowPrivileged));
    RetryMembers.timeout(request)
        .ifPresent(t -> detail.putObject("timeout").put("attemptDurationSeconds", t.toSeconds()));
    detail.set("tags", request.tags());
    detail.put("propagateTags", request.bool("propagateTags").orElse(false));
    detail.putArray("platformCapabilities").add(fargate ? "FARGATE" : "EC2");
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var outcome =
        (Outcome.Registered)
            commands.ask(
                () ->
                    new Command.RegisterJobDefinition(
                        new JobDefinition(name, 0, true, fargate, now, detail.toString())));
    return Json.object()
        .put("jobDefinitionName", name)
        .put("jobDefinitionArn", arns.jobDefinition(name + ":" + outcome.revision()))
        .put("revision", outcome.revision());
  }

  private static boolean fargate(Members request) {
    List<String> capabilities = request.texts("platformCapabilities");
    if (capabilities.size() > 1) {
      throw PrefixedRefusal.of("Exactly 1 capability must be provided.");
    }
    for (String capability : capabilities) {
      if (!List.of("EC2", "FARGATE").contains(capability)) {
        throw PrefixedRefusal.of(
            "Capability %s is not valid. Valid capabilities: [FARGATE, EC2, MANAGED_INSTANCES]"
                .formatted(capability));
      }
    }
    return capabilities.contains("FARGATE");
  }

  ObjectNode deregister(ObjectNode json) {
    Members request = Members.of(json, "jobDefinition");
    String given = request.requiredText("jobDefinition");
    String key = key(given);
    int colon = key.indexOf(':');
    if (colon < 0) {
      throw PrefixedRefusal.of(
          "jobDefinition is %s; give a name with its revision, for example %s:1, or the ARN."
              .formatted(given, key));
    }
    commands.ask(
        () -> new Command.DeregisterJobDefinition(key.substring(0, colon), revision(key, colon)));
    return Json.object();
  }

  ObjectNode describe(ObjectNode json) {
    Members request =
        Members.of(
            json, "jobDefinitions", "maxResults", "jobDefinitionName", "status", "nextToken");
    ObjectNode answer = Json.object();
    List<String> keys = request.texts("jobDefinitions");
    if (!keys.isEmpty()) {
      if (request.has("maxResults")) {
        throw PrefixedRefusal.of("JobDefinitions and MaxResults cannot both be set");
      }
      answer.putArray("jobDefinitions");
      for (String given : keys) {
        find(key(given)).ifPresent(d -> answer.withArray("jobDefinitions").add(wire(d)));
      }
      return answer;
    }
    Optional<String> status = request.oneOf("status", List.of("ACTIVE", "INACTIVE"));
    Optional<String> name = request.text("jobDefinitionName").filter(n -> !n.isEmpty());
    Collection<JobDefinition> all =
        name.isPresent()
            ? engine.view().jobDefinitions(key(name.get()))
            : engine.view().jobDefinitions();
    List<JobDefinition> matching =
        all.stream()
            .filter(d -> status.isEmpty() || d.active() == status.get().equals("ACTIVE"))
            .toList();
    Pages.add(answer, "jobDefinitions", request, matching, JobDefinition::key, this::wire);
    return answer;
  }

  private Optional<JobDefinition> find(String key) {
    int colon = key.indexOf(':');
    return colon < 0
        ? engine.view().newestActive(key)
        : engine.view().jobDefinition(key.substring(0, colon), revision(key, colon));
  }

  /**
   * The definition that a SubmitJob names.
   *
   * @throws BatchApiException in AWS's words, when there is none that is ACTIVE
   */
  JobDefinition active(String given) {
    String key = key(given);
    return find(key)
        .filter(JobDefinition::active)
        .orElseThrow(
            () ->
                BatchApiException.client(
                    given.startsWith("arn:")
                        ? "JobDefinition " + given + " not found."
                        : "JobDefinition name %s does not exist or is not in ACTIVE status"
                            .formatted(given)));
  }

  /** {@code name} or {@code name:revision}. */
  private String key(String given) {
    String key = given;
    if (given.startsWith("arn:")) {
      String prefix = arns.jobDefinition("");
      if (!given.startsWith(prefix)) {
        throw BatchApiException.client(
            "%s is not a job definition of this account and region; those begin with %s."
                .formatted(given, prefix));
      }
      key = given.substring(prefix.length());
    }
    if (!key.matches("[a-zA-Z_0-9-]{1,128}(:[0-9]{1,9})?")) {
      throw BatchApiException.client(
          "Provided name %s is not supported pattern[a-zA-Z_0-9-]{1,128}".formatted(key));
    }
    return key;
  }

  private static int revision(String key, int colon) {
    return Integer.parseInt(key.substring(colon + 1));
  }

  private ObjectNode wire(JobDefinition definition) {
    ObjectNode wire =
        Json.object()
            .put("jobDefinitionName", definition.name())
            .put("jobDefinitionArn", arns.jobDefinition(definition.key()))
            .put("revision", definition.revision())
            .put("status", definition.active() ? "ACTIVE" : "INACTIVE");
    wire.setAll(Json.read(definition.detail()));
    ContainerMembers.withEmptyLists((ObjectNode) wire.get("containerProperties"));
    return wire.put("containerOrchestrationType", "ECS");
  }
}
