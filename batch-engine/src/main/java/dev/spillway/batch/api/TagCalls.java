package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * ListTagsForResource, TagResource, UntagResource, for everything that has an ARN.
 *
 * <p>Source: API TagResource. Children of arrays cannot be tagged.
 */
final class TagCalls {
  private static final String TAGS = "tags";

  private final EngineAccess engine;
  private final Commands commands;
  private final Arns arns;

  TagCalls(EngineAccess engine, Arns arns) {
    this.engine = engine;
    this.commands = new Commands(engine);
    this.arns = arns;
  }

  ObjectNode list(ObjectNode json) {
    Members request = Members.of(json, "resourceArn");
    Tagged tagged = tagged(request.requiredText("resourceArn"));
    ObjectNode answer = Json.object();
    answer.set(TAGS, tagged.tags());
    return answer;
  }

  ObjectNode tag(ObjectNode json) {
    Members request = Members.of(json, "resourceArn", TAGS);
    String arn = request.requiredText("resourceArn");
    if (!request.has(TAGS)) {
      throw PrefixedRefusal.of("tags is required.");
    }
    ObjectNode given = request.tags();
    change(
        arn,
        tags -> {
          tags.setAll(given);
          ObjectNode all = Json.object();
          all.set(TAGS, tags);
          return Members.of(all, TAGS).tags(); // together not more than 50
        });
    return Json.object();
  }

  ObjectNode untag(ObjectNode json) {
    Members request = Members.of(json, "resourceArn", "tagKeys");
    String arn = request.requiredText("resourceArn");
    List<String> keys = request.texts("tagKeys");
    if (keys.isEmpty() || keys.size() > 50) {
      throw PrefixedRefusal.of(
          "tagKeys names %d tags; it should name between 1 and 50.".formatted(keys.size()));
    }
    change(
        arn,
        tags -> {
          tags.remove(keys);
          return tags;
        });
    return Json.object();
  }

  /** One change at a time: the tags of a job have no version that the engine could check. */
  private synchronized void change(String arn, UnaryOperator<ObjectNode> change) {
    commands.ask(
        () -> {
          Tagged tagged = tagged(arn);
          return tagged.with(change.apply(tagged.tags()));
        });
  }

  /** Something with tags, and the command that gives it others. */
  private record Tagged(ObjectNode tags, Function<ObjectNode, Command> put) {

    Command with(ObjectNode changed) {
      return put.apply(changed);
    }

    /** Tags that are a member of a detail. */
    static Tagged of(String detail, Function<String, Command> put) {
      ObjectNode members = Json.read(detail);
      ObjectNode tags = members.has(TAGS) ? (ObjectNode) members.get(TAGS) : Json.object();
      return new Tagged(
          tags.deepCopy(),
          changed -> {
            members.set(TAGS, changed);
            return put.apply(members.toString());
          });
    }
  }

  private Tagged tagged(String arn) {
    String prefix = arns.batch("");
    int slash = arn.indexOf('/');
    if (!arn.startsWith(prefix) || slash < prefix.length()) {
      throw PrefixedRefusal.of(
          "resourceArn is %s; ARNs of this account and region begin with %s."
              .formatted(arn, prefix));
    }
    String name = arn.substring(slash + 1);
    Optional<Tagged> found =
        switch (arn.substring(prefix.length(), slash)) {
          case "compute-environment" ->
              engine.view().computeEnvironment(name).map(TagCalls::computeEnvironment);
          case "job-queue" -> engine.view().jobQueue(name).map(TagCalls::jobQueue);
          case "job-definition" -> definition(name).map(TagCalls::jobDefinition);
          case "scheduling-policy" ->
              engine.view().schedulingPolicy(name).map(TagCalls::schedulingPolicy);
          case "consumable-resource" ->
              engine.view().consumableResource(name).map(TagCalls::consumableResource);
          case "job" -> job(name);
          default -> Optional.empty();
        };
    return found.orElseThrow(() -> BatchApiException.client("Resource " + arn + " not found."));
  }

  private static Tagged computeEnvironment(ComputeEnvironment e) {
    return Tagged.of(
        e.detail(),
        detail ->
            new Command.UpdateComputeEnvironment(
                e.version(), e.detailed(detail), false, Optional.empty()));
  }

  private static Tagged jobQueue(JobQueue queue) {
    return Tagged.of(
        queue.detail(),
        detail -> new Command.UpdateJobQueue(queue.version(), queue.detailed(detail)));
  }

  private static Tagged jobDefinition(JobDefinition definition) {
    return Tagged.of(
        definition.detail(),
        detail -> new Command.TagJobDefinition(definition, definition.detailed(detail)));
  }

  private static Tagged schedulingPolicy(SchedulingPolicy policy) {
    return Tagged.of(
        policy.detail(),
        detail -> new Command.UpdateSchedulingPolicy(policy.version(), policy.detailed(detail)));
  }

  private static Tagged consumableResource(ConsumableResource resource) {
    return new Tagged(
        Json.read(resource.tags()),
        tags ->
            new Command.UpdateConsumableResource(
                resource.version(), resource.tagged(tags.toString())));
  }

  private Optional<JobDefinition> definition(String key) {
    int colon = key.lastIndexOf(':');
    return colon > 0 && key.substring(colon + 1).matches("[0-9]{1,9}")
        ? engine
            .view()
            .jobDefinition(key.substring(0, colon), Integer.parseInt(key.substring(colon + 1)))
        : Optional.empty();
  }

  private Optional<Tagged> job(String id) {
    if (ChildId.parse(id).isPresent()) {
      throw PrefixedRefusal.of(
          "Job %s is a child of an array job; its tags cannot be set or read. Tag the parent."
              .formatted(id));
    }
    JobDetail kept = engine.journal().details(List.of(id)).get(id);
    return Optional.ofNullable(kept)
        .map(
            detail ->
                new Tagged(
                    Json.read(detail.tags()), tags -> new Command.TagJob(id, tags.toString())));
  }
}
