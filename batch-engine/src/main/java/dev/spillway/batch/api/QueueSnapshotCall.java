package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.jobqueue.JobQueue;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

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
    utilization(answer.putObject("queueUtilization").put("lastUpdatedAt", now), queue);
    return answer;
  }

  private void utilization(ObjectNode wire, JobQueue queue) {
    Map<String, Double> byShare = new TreeMap<>();
    double total = 0;
    for (Job job : engine.view().liveJobs()) {
      boolean holds =
          job.state() instanceof JobState.Starting || job.state() instanceof JobState.Running;
      if (holds && job.spec().jobQueue().equals(queue.name())) {
        double vcpus = job.spec().needs().vcpuMillis() / 1000.0;
        total += vcpus;
        job.spec().share().identifier().ifPresent(s -> byShare.merge(s, vcpus, Double::sum));
      }
    }
    usage(wire.putArray("totalCapacityUsage"), total);
    if (queue.schedulingPolicy().isPresent()) {
      ObjectNode shares = wire.putObject("fairshareUtilization");
      shares.put("activeShareCount", byShare.size());
      ArrayNode top = shares.putArray("topCapacityUtilization");
      byShare.entrySet().stream()
          .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()))
          .limit(TOP_SHARES)
          .forEach(
              share -> {
                ObjectNode one = top.addObject().put("shareIdentifier", share.getKey());
                usage(one.putArray("capacityUsage"), share.getValue());
              });
    }
  }

  private static void usage(ArrayNode list, double vcpus) {
    list.addObject().put("capacityUnit", "VCPU").put("quantity", vcpus);
  }
}
