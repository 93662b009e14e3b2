package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.ComputeEnvironmentMembers;
import dev.spillway.batch.api.wire.ComputeEnvironmentUpdate;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.api.wire.Pages;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.Command;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/** The four operations on compute environments. */
final class ComputeEnvironmentCalls {
  private static final String KIND = "compute-environment";

  private final EngineAccess engine;
  private final Commands commands;
  private final Arns arns;
  private final InstantSource clock;

  ComputeEnvironmentCalls(EngineAccess engine, Arns arns, InstantSource clock) {
    this.engine = engine;
    this.commands = new Commands(engine);
    this.arns = arns;
    this.clock = clock;
  }

  ObjectNode create(ObjectNode json) {
    ComputeEnvironmentMembers.Checked checked = ComputeEnvironmentMembers.check(json, arns);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    String uuid = UUID.randomUUID().toString();
    commands.ask(
        () ->
            new Command.CreateComputeEnvironment(
                ComputeEnvironment.created(
                    checked.name(), uuid, now, checked.detail().toString())));
    return answer(checked.name());
  }

  ObjectNode update(ObjectNode json) {
    Members request = ComputeEnvironmentUpdate.read(json);
    String name = Names.of(request.requiredText("computeEnvironment"), KIND, arns);
    commands.ask(
        () -> {
          ComputeEnvironment now =
              Commands.changeable(
                  engine.view().computeEnvironment(name),
                  e ->
                      e.status() == ComputeEnvironment.Status.DELETING
                          || e.status() == ComputeEnvironment.Status.UPDATING,
                  "ComputeEnvironment " + name);
          ComputeEnvironmentUpdate.Change change =
              ComputeEnvironmentUpdate.apply(now, request, desiredVcpus(name));
          return new Command.UpdateComputeEnvironment(
              now.version(), change.environment(), change.replaces(), change.desiredVcpus());
        });
    return answer(name);
  }

  ObjectNode delete(ObjectNode json) {
    Members request = Members.of(json, "computeEnvironment");
    String name = Names.of(request.requiredText("computeEnvironment"), KIND, arns);
    commands.ask(() -> new Command.DeleteComputeEnvironment(name));
    return Json.object();
  }

  ObjectNode describe(ObjectNode json) {
    Members request = Members.of(json, "computeEnvironments", "maxResults", "nextToken");
    return Pages.describe(
        "computeEnvironments",
        request,
        given -> engine.view().computeEnvironment(Names.of(given, KIND, arns)),
        engine.view().computeEnvironments(),
        ComputeEnvironment::name,
        this::wire);
  }

  private ObjectNode wire(ComputeEnvironment e) {
    ObjectNode wire = answer(e.name());
    wire.setAll(
        ComputeEnvironmentMembers.answer(Json.read(e.detail()), arns.cluster(e.cluster()), arns));
    if (e.resources().kind().scales()) {
      wire.withObject("/computeResources").put("desiredvCpus", desiredVcpus(e.name()));
    }
    return wire.put("state", e.state().name())
        .put("status", e.status().name())
        .put(
            "statusReason",
            e.status() == ComputeEnvironment.Status.VALID
                ? "ComputeEnvironment Healthy"
                : e.problem().orElse(""))
        .put("uuid", e.uuid());
  }

  /** What its instances have that are up or coming. */
  private int desiredVcpus(String name) {
    return (int)
        (engine.view().instances().stream()
                .filter(i -> i.computeEnvironment().equals(name) && i.stays())
                .mapToLong(i -> i.size().vcpuMillis())
                .sum()
            / 1000);
  }

  private ObjectNode answer(String name) {
    return Json.object()
        .put("computeEnvironmentName", name)
        .put("computeEnvironmentArn", arns.computeEnvironment(name));
  }
}
