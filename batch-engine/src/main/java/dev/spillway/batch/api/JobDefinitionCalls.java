package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.JobDefinitionMembers;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Pages;
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
    JobDefinitionMembers.Checked checked = JobDefinitionMembers.check(json, allowPrivileged);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var outcome =
        (Outcome.Registered)
            commands.ask(
                () ->
                    new Command.RegisterJobDefinition(
                        new JobDefinition(
                            checked.name(),
                            0,
                            true,
                            checked.fargate(),
                            now,
                            checked.detail().toString())));
    return Json.object()
        .put("jobDefinitionName", checked.name())
        .put("jobDefinitionArn", arns.jobDefinition(checked.name() + ":" + outcome.revision()))
        .put("revision", outcome.revision());
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
    return Pages.describe(
        "jobDefinitions",
        request,
        given -> find(key(given)),
        matching,
        JobDefinition::key,
        this::wire);
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
    wire.setAll(JobDefinitionMembers.answer(Json.read(definition.detail())));
    return wire;
  }
}
