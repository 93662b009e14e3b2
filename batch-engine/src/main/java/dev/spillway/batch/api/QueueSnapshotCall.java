package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.jobqueue.JobQueue;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Map;

/**
 * GetJobQueueSnapshot: the front of a queue in the order that it will be served, and what its jobs
 * hold now.
 */
final class QueueSnapshotCall {
  private static final int FRONT = 100;
  private static final int TOP_SHARES = 20;

  private final EngineAccess engine;
  private final Commands commands;
  private final Arns arns;
  private final InstantSource clock;

  QueueSnapshotCall(EngineAccess engine, Arns arns, InstantSource clock) {
    this.engine = engine;
    this.commands = new Commands(engine);
    this.arns = arns;
    this.clock = clock;
  }

  ObjectNode get(ObjectNode json) {
    Members request = Members.of(json, "jobQueue");
    String name = Names.of(request.requiredText("jobQueue"), "job-queue", arns);
    JobQueue queue =
        engine
            .view()
            .jobQueue(name)
            .orElseThrow(() -> BatchApiException.client("JobQueue " + name + " not found."));
    var front =
        (Outcome.QueueFront) commands.ask(() -> new Command.LookAtQueue(queue.name(), FRONT));
    long now = clock.instant().toEpochMilli();
    ObjectNode answer = Json.object();
    ObjectNode frontOfQueue = answer.putObject("frontOfQueue").put("lastUpdatedAt", now);
    ArrayNode jobs = frontOfQueue.putArray("jobs");
    for (Outcome.QueueFront.Position position : front.jobs()) {
      jobs.addObject()
          .put("jobArn", arns.job(position.jobId()))
          .put("earliestTimeAtPosition", position.earliest().toEpochMilli());
    }
    utilization(answer.putObject("queueUtilization").put("lastUpdatedAt", now), queue, front.use());
    return answer;
  }

  private static void utilization(ObjectNode wire, JobQueue queue, Outcome.QueueFront.Use use) {
    usage(wire.putArray("totalCapacityUsage"), use.vcpuMillis() / 1000.0);
    if (queue.schedulingPolicy().isPresent()) {
      ObjectNode shares = wire.putObject("fairshareUtilization");
      shares.put("activeShareCount", use.activeShares());
      ArrayNode top = shares.putArray("topCapacityUtilization");
      use.byShare().entrySet().stream()
          .sorted(
              Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                  .thenComparing(Map.Entry.comparingByKey()))
          .limit(TOP_SHARES)
          .forEach(
              share -> {
                ObjectNode one = top.addObject().put("shareIdentifier", share.getKey());
                usage(one.putArray("capacityUsage"), share.getValue() / 1000.0);
              });
    }
  }

  private static void usage(ArrayNode list, double vcpus) {
    list.addObject().put("capacityUnit", "VCPU").put("quantity", vcpus);
  }
}
