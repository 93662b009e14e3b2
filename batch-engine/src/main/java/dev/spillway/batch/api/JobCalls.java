package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.JobDetailMapper;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.api.wire.Pages;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.store.JobListing;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** DescribeJobs, ListJobs, CancelJob, TerminateJob. */
final class JobCalls {
  private static final int DESCRIBE_MAX = 100;
  private static final int LIST_MAX = 1000;
  private static final int FILTERED_LIST_MAX = 100;

  private final EngineAccess engine;
  private final Commands commands;
  private final Arns arns;
  private final JobDetailMapper mapper;

  JobCalls(EngineAccess engine, Arns arns) {
    this.engine = engine;
    this.commands = new Commands(engine);
    this.arns = arns;
    this.mapper = new JobDetailMapper(arns);
  }

  /** In the order of the request, first occurrence; unknown ids are left out. */
  ObjectNode describe(ObjectNode json) {
    Members request = Members.of(json, "jobs");
    if (!request.has("jobs")) {
      throw PrefixedRefusal.of("jobs is required.");
    }
    Set<String> ids =
        request.texts("jobs").stream()
            .map(id -> Names.jobId(id, arns))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    if (ids.size() > DESCRIBE_MAX) {
      throw PrefixedRefusal.of("Maximum number of jobs supported is  100 .");
    }
    Map<String, Job> found = find(ids);
    ObjectNode answer = Json.object();
    ArrayNode jobs = answer.putArray("jobs");
    for (String id : ids) {
      Job job = found.get(id);
      if (job != null) {
        jobs.add(mapper.detail(job, engine.view().waitingReason(job)));
      }
    }
    return answer;
  }

  /** The live state first: what it does not have is in the store, if it ever was. */
  private Map<String, Job> find(Set<String> ids) {
    Map<String, Job> found = new HashMap<>();
    for (String id : ids) {
      engine.view().job(id).ifPresent(job -> found.put(id, job));
    }
    List<String> rest = ids.stream().filter(id -> !found.containsKey(id)).toList();
    engine.journal().find(rest).forEach(job -> found.put(job.id(), job));
    return found;
  }

  ObjectNode list(ObjectNode json) {
    Members request =
        Members.of(
            json,
            "jobQueue",
            "arrayJobId",
            "multiNodeJobId",
            "jobStatus",
            "maxResults",
            "nextToken",
            "filters");
    for (String member : List.of("arrayJobId", "multiNodeJobId")) {
      if (request.says(member)) {
        throw PrefixedRefusal.unsupported("ListJobs with " + member);
      }
    }
    String queue =
        Names.of(
            request
                .text("jobQueue")
                .filter(q -> !q.isEmpty())
                .orElseThrow(
                    () ->
                        PrefixedRefusal.of(
                            "Exactly one of jobQueue, arrayJobId and multiNodeJobId is required.")),
            "job-queue",
            arns);
    if (engine.view().jobQueue(queue).isEmpty()) {
      throw BatchApiException.client("JobQueue " + queue + " not found.");
    }
    Optional<String> name = nameFilter(request);
    Optional<JobStatus> status = request.oneOf("jobStatus", JobStatus.class);
    int size = Pages.size(request, name.isPresent() ? FILTERED_LIST_MAX : LIST_MAX);
    String scope = "jobs " + queue + " " + status.orElse(null) + " " + name.orElse("");
    List<Job> jobs =
        engine
            .journal()
            .list(
                new JobListing(
                    queue,
                    name.isPresent()
                        ? Optional.empty()
                        : status.or(() -> Optional.of(JobStatus.RUNNING)),
                    name,
                    Pages.position(request, scope).map(JobCalls::cursor),
                    size + 1));
    ObjectNode answer = Json.object();
    ArrayNode summaries = answer.putArray("jobSummaryList");
    jobs.stream()
        .limit(size)
        .forEach(job -> summaries.add(mapper.summary(job, engine.view().waitingReason(job))));
    if (jobs.size() > size) {
      Job last = jobs.get(size - 1);
      answer.put(
          "nextToken",
          Pages.token(scope, last.spec().createdAt().toEpochMilli() + " " + last.id()));
    }
    return answer;
  }

  private static JobListing.Cursor cursor(String position) {
    int space = position.indexOf(' ');
    try {
      return new JobListing.Cursor(
          Instant.ofEpochMilli(Long.parseLong(position.substring(0, space))),
          position.substring(space + 1));
    } catch (IndexOutOfBoundsException | NumberFormatException _) {
      throw PrefixedRefusal.of(
          "nextToken is not one that this call gave; repeat the call without it.");
    }
  }

  private static Optional<String> nameFilter(Members request) {
    List<Members> filters = request.objects("filters", "name", "values");
    if (filters.isEmpty()) {
      return Optional.empty();
    }
    if (filters.size() > 1) {
      throw PrefixedRefusal.of("filters takes exactly one filter.");
    }
    String filter = filters.getFirst().requiredText("name");
    if (!filter.equals("JOB_NAME")) {
      throw PrefixedRefusal.unsupported("The filter " + filter);
    }
    List<String> values = filters.getFirst().texts("values");
    if (values.size() != 1 || values.getFirst().isEmpty()) {
      throw PrefixedRefusal.of("The filter JOB_NAME takes exactly one value.");
    }
    return Optional.of(values.getFirst());
  }

  ObjectNode cancel(ObjectNode json) {
    Members request = Members.of(json, "jobId", "reason");
    String id = Names.jobId(request.requiredText("jobId"), arns);
    String reason = reason(request);
    commands.ask(() -> new Command.CancelJob(id, reason));
    return Json.object();
  }

  ObjectNode terminate(ObjectNode json) {
    Members request = Members.of(json, "jobId", "reason");
    String id = Names.jobId(request.requiredText("jobId"), arns);
    String reason = reason(request);
    commands.ask(() -> new Command.TerminateJob(id, reason));
    return Json.object();
  }

  private static String reason(Members request) {
    String reason = request.requiredText("reason");
    if (reason.length() > 1024) {
      throw PrefixedRefusal.of(
          "reason has %d characters; the maximum is 1024.".formatted(reason.length()));
    }
    return reason;
  }
}
