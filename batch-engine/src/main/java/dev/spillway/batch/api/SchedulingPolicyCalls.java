package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.FairshareMembers;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.api.wire.Pages;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import java.util.List;
import java.util.Optional;

/** The five operations on scheduling policies. */
final class SchedulingPolicyCalls {
  static final String KIND = "scheduling-policy";
  private static final int DESCRIBE_MAX = 100;

  private final EngineAccess engine;
  private final Commands commands;
  private final Arns arns;

  SchedulingPolicyCalls(EngineAccess engine, Arns arns) {
    this.engine = engine;
    this.commands = new Commands(engine);
    this.arns = arns;
  }

  ObjectNode create(ObjectNode json) {
    Members request = Members.of(json, "name", "quotaSharePolicy", "fairsharePolicy", "tags");
    String name = request.name("name", "Scheduling policy name should match a valid pattern.");
    ObjectNode detail = Json.object();
    FairshareMembers.read(request).ifPresent(policy -> detail.set("fairsharePolicy", policy));
    detail.set("tags", request.tags());
    commands.ask(
        () -> new Command.CreateSchedulingPolicy(new SchedulingPolicy(name, 1, detail.toString())));
    return Json.object().put("name", name).put("arn", arn(name));
  }

  /** Replaces the policy; what the queues have used so far stays. */
  ObjectNode update(ObjectNode json) {
    Members request = Members.of(json, "arn", "quotaSharePolicy", "fairsharePolicy");
    String name = name(request);
    Optional<ObjectNode> policy = FairshareMembers.read(request);
    commands.ask(
        () -> {
          SchedulingPolicy now =
              engine
                  .view()
                  .schedulingPolicy(name)
                  .orElseThrow(
                      () ->
                          BatchApiException.client(
                              "SchedulingPolicy " + arn(name) + " not found."));
          ObjectNode detail = Json.read(now.detail());
          policy.ifPresent(p -> detail.set("fairsharePolicy", p));
          return new Command.UpdateSchedulingPolicy(now.version(), now.detailed(detail.toString()));
        });
    return Json.object();
  }

  ObjectNode delete(ObjectNode json) {
    String name = name(Members.of(json, "arn"));
    commands.ask(() -> new Command.DeleteSchedulingPolicy(name));
    return Json.object();
  }

  /** In the order of the request; unknown ones are left out. */
  ObjectNode describe(ObjectNode json) {
    List<String> given = Members.of(json, "arns").texts("arns");
    if (given.isEmpty() || given.size() > DESCRIBE_MAX) {
      throw PrefixedRefusal.of(
          "arns names %d scheduling policies; it should name between 1 and %d."
              .formatted(given.size(), DESCRIBE_MAX));
    }
    ObjectNode answer = Json.object();
    ArrayNode policies = answer.putArray("schedulingPolicies");
    for (String arn : given) {
      engine
          .view()
          .schedulingPolicy(Names.of(arn, KIND, arns))
          .ifPresent(
              policy -> {
                ObjectNode wire = policies.addObject();
                wire.put("name", policy.name()).put("arn", arn(policy.name()));
                wire.setAll(Json.read(policy.detail()));
              });
    }
    return answer;
  }

  ObjectNode list(ObjectNode json) {
    ObjectNode answer = Json.object();
    Pages.add(
        answer,
        "schedulingPolicies",
        Members.of(json, "maxResults", "nextToken"),
        engine.view().schedulingPolicies(),
        SchedulingPolicy::name,
        policy -> Json.object().put("arn", arn(policy.name())));
    return answer;
  }

  private String name(Members request) {
    String arn = request.requiredText("arn");
    if (!arn.startsWith("arn:")) {
      throw PrefixedRefusal.of("Only scheduling policy Arn can be allowed.");
    }
    return Names.of(arn, KIND, arns);
  }

  private String arn(String name) {
    return arns.batch(KIND + "/" + name);
  }
}
