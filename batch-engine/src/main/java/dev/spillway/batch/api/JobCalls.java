package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.JobDetailMapper;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.EngineBusyException;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/** DescribeJobs, CancelJob, TerminateJob, CancelJobs, TerminateJobs. */
final class JobCalls {
  private static final int DESCRIBE_MAX = 100;
  private static final int BULK_MAX = 50;
  private static final int REASON_MAX = 1024;

  private final EngineAccess engine;
  private final Commands commands;
  private final Arns arns;
  private final JobDetailMapper mapper;
  private final NodeJobs nodes;

  JobCalls(EngineAccess engine, Arns arns) {
    this.engine = engine;
    this.commands = new Commands(engine);
    this.arns = arns;
    this.mapper = new JobDetailMapper(arns);
    this.nodes = new NodeJobs(engine);
  }

  /** In the order of the request, first occurrence; unknown ids are left out. */
  ObjectNode describe(ObjectNode json) {
    Members request = Members.of(json, "jobs");
    if (!request.has("jobs")) {
      throw PrefixedRefusal.of("jobs is required.");
    }
    Set<String> ids = ids(request);
    if (ids.size() > DESCRIBE_MAX) {
      throw PrefixedRefusal.of("Maximum number of jobs supported is  100 .");
    }
    Set<String> lookFor = new LinkedHashSet<>();
    ids.forEach(id -> lookFor.add(NodeJobs.parse(id).map(NodeJobs.NodeId::jobId).orElse(id)));
    Map<String, Job> found = engine.jobs().find(lookFor);
    Map<String, JobDetail> details = engine.journal().details(found.keySet());
    WaitReasons reasons = new WaitReasons(engine.view());
    ObjectNode answer = Json.object();
    ArrayNode jobs = answer.putArray("jobs");
    for (String id : ids) {
      Optional<NodeJobs.NodeId> node = NodeJobs.parse(id);
      String jobId = node.map(NodeJobs.NodeId::jobId).orElse(id);
      Job job = found.get(jobId);
      if (job == null || !details.containsKey(jobId)) {
        continue; // there is none, or it was forgotten just now
      }
      if (node.isPresent()) {
        nodes
            .of(job, details.get(jobId), node.get().node())
            .ifPresent(n -> jobs.add(node(n, reasons.of(job))));
      } else {
        ObjectNode detail = mapper.detail(job, details.get(id), reasons.of(job));
        engine.isolation(job).ifPresent(how -> detail.put("spillwayIsolation", how));
        jobs.add(detail);
      }
    }
    return answer;
  }

  private ObjectNode node(NodeJobs.NodeJob node, JobDetailMapper.Wait wait) {
    ObjectNode wire = mapper.detail(node.job(), node.detail(), wait);
    JobDetailMapper.node(wire, node.node(), node.main());
    return wire;
  }

  private Set<String> ids(Members request) {
    return request.texts("jobs").stream()
        .map(id -> Names.jobId(id, arns))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  ObjectNode cancel(ObjectNode json) {
    return one(json, Command.CancelJob::new);
  }

  ObjectNode terminate(ObjectNode json) {
    return one(json, Command.TerminateJob::new);
  }

  ObjectNode cancelAll(ObjectNode json) {
    return all(json, Command.CancelJob::new);
  }

  ObjectNode terminateAll(ObjectNode json) {
    return all(json, Command.TerminateJob::new);
  }

  private ObjectNode one(ObjectNode json, BiFunction<String, String, Command> command) {
    Members request = Members.of(json, "jobId", "reason");
    String id = Names.jobId(request.requiredText("jobId"), arns);
    String reason = reason(request);
    commands.ask(() -> command.apply(id, reason));
    return Json.object();
  }

  /** Each job for itself; one that cannot be asked now is an error of its own. */
  private ObjectNode all(ObjectNode json, BiFunction<String, String, Command> command) {
    Members request = Members.of(json, "jobs", "reason");
    Set<String> ids = ids(request);
    if (ids.isEmpty() || ids.size() > BULK_MAX) {
      throw PrefixedRefusal.of(
          "jobs names %d jobs; it should name between 1 and %d.".formatted(ids.size(), BULK_MAX));
    }
    String reason = reason(request);
    ObjectNode answer = Json.object();
    ArrayNode successful = answer.putArray("successful");
    ArrayNode errors = answer.putArray("errors");
    for (String id : ids) {
      try {
        commands.ask(() -> command.apply(id, reason));
        successful.add(id);
      } catch (EngineBusyException e) {
        errors
            .addObject()
            .put("job", id)
            .put("code", e.overloaded() ? "ThrottlingException" : "ServerException")
            .put("message", e.getMessage());
      }
    }
    return answer;
  }

  private static String reason(Members request) {
    String reason = request.requiredText("reason");
    if (reason.length() > REASON_MAX) {
      throw PrefixedRefusal.of(
          "reason has %d characters; the maximum is %d.".formatted(reason.length(), REASON_MAX));
    }
    return reason;
  }
}
