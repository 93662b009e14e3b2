package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.JobDetailMapper;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.api.wire.Pages;
import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.ChildStatus;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.store.JobListing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * ListJobs: the jobs of a queue, or the children of an array.
 *
 * <p>Source: API ListJobs. Without a status and without a filter, RUNNING ones; with a filter every
 * status, but SHARE_IDENTIFIER, which goes together with one.
 */
final class ListJobsCall {
  private static final int MOST = 1000;
  private static final int MOST_FILTERED = 100;

  private final EngineAccess engine;
  private final Arns arns;
  private final JobDetailMapper mapper;

  ListJobsCall(EngineAccess engine, Arns arns) {
    this.engine = engine;
    this.arns = arns;
    this.mapper = new JobDetailMapper(arns);
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
    List<String> scopes =
        List.of("jobQueue", "arrayJobId", "multiNodeJobId").stream().filter(request::says).toList();
    if (scopes.size() != 1) {
      throw PrefixedRefusal.of(
          "Exactly one of jobQueue, arrayJobId and multiNodeJobId is required.");
    }
    return switch (scopes.getFirst()) {
      case "jobQueue" -> ofQueue(request);
      case "arrayJobId" -> children(request);
      default -> nodes(request);
    };
  }

  private ObjectNode ofQueue(Members request) {
    String queue = Names.of(request.requiredText("jobQueue"), "job-queue", arns);
    if (engine.view().jobQueue(queue).isEmpty()) {
      throw BatchApiException.client("JobQueue " + queue + " not found.");
    }
    Optional<JobListing.Filter> filter = new JobFilters(arns).ofListJobs(request);
    Optional<JobStatus> status = request.oneOf("jobStatus", JobStatus.class);
    if (filter.isEmpty()) {
      status = status.or(() -> Optional.of(JobStatus.RUNNING));
    } else if (!(filter.get() instanceof JobListing.ShareIdentifier)) {
      status = Optional.empty();
    }
    return page(
        request,
        new JobListing.OfQueue(queue),
        status,
        filter,
        filter.isPresent() ? MOST_FILTERED : MOST);
  }

  private ObjectNode page(
      Members request,
      JobListing.Scope scope,
      Optional<JobStatus> status,
      Optional<JobListing.Filter> filter,
      int most) {
    ObjectNode answer = Json.object();
    ArrayNode list = answer.putArray("jobSummaryList");
    WaitReasons reasons = new WaitReasons(engine.view());
    JobPages.of(
        engine.journal(),
        request,
        new JobListing(scope, status, filter, Optional.empty(), Pages.size(request, most)),
        answer,
        job -> list.add(mapper.summary(job, reasons.of(job))));
    return answer;
  }

  private ObjectNode children(Members request) {
    refuseFilters(request, "arrayJobId");
    String id = Names.jobId(request.requiredText("arrayJobId"), arns);
    JobStatus status = request.oneOf("jobStatus", JobStatus.class).orElse(JobStatus.RUNNING);
    int size = Pages.size(request, MOST);
    Job parent =
        engine
            .jobs()
            .find(id)
            .filter(job -> job.children().isPresent())
            .orElseThrow(() -> BatchApiException.client("Array job " + id + " not found."));
    ArrayChildren children = parent.children().orElseThrow();
    Set<ChildStatus> wanted =
        Arrays.stream(ChildStatus.values())
            .filter(s -> s.wire() == status)
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(ChildStatus.class)));
    String scope = "children " + id + " " + status;
    int next = Pages.position(request, scope).map(Integer::parseInt).orElse(0);
    List<Integer> page = new ArrayList<>();
    next = children.next(next, wanted);
    while (next >= 0 && page.size() < size) {
      page.add(next);
      next = children.next(next + 1, wanted);
    }
    ObjectNode answer = Json.object();
    ArrayNode list = answer.putArray("jobSummaryList");
    WaitReasons reasons = new WaitReasons(engine.view());
    Function<Integer, String> childId = index -> new ChildId(id, index).toString();
    Map<String, Job> found = engine.jobs().find(page.stream().map(childId).toList());
    for (int index : page) {
      Job child = found.get(childId.apply(index));
      if (child != null && child.status() == status) { // else it moved between the two looks
        list.add(mapper.summary(child, reasons.of(child)));
      }
    }
    if (next >= 0) {
      answer.put("nextToken", Pages.token(scope, Integer.toString(next)));
    }
    return answer;
  }

  private ObjectNode nodes(Members request) {
    refuseFilters(request, "multiNodeJobId");
    String id = Names.jobId(request.requiredText("multiNodeJobId"), arns);
    JobStatus status = request.oneOf("jobStatus", JobStatus.class).orElse(JobStatus.RUNNING);
    int size = Pages.size(request, MOST);
    Job parent =
        engine
            .jobs()
            .find(id)
            .orElseThrow(() -> BatchApiException.client("Multi-node job " + id + " not found."));
    JobDetail detail = engine.journal().details(List.of(id)).get(id);
    String scope = "nodes " + id + " " + status;
    int next = Pages.position(request, scope).map(Integer::parseInt).orElse(0);
    ObjectNode answer = Json.object();
    ArrayNode list = answer.putArray("jobSummaryList");
    WaitReasons reasons = new WaitReasons(engine.view());
    NodeJobs all = new NodeJobs(engine);
    int count =
        detail == null ? 0 : Json.read(detail.members()).at("/nodeProperties/numNodes").asInt();
    for (; next < count && list.size() < size; next++) {
      NodeJobs.NodeJob node = all.of(parent, detail, next).orElseThrow();
      if (node.job().status() == status) {
        ObjectNode summary = mapper.summary(node.job(), reasons.of(parent));
        JobDetailMapper.node(summary, node.node(), node.main(), count);
        list.add(summary);
      }
    }
    if (next < count) {
      answer.put("nextToken", Pages.token(scope, Integer.toString(next)));
    }
    return answer;
  }

  private static void refuseFilters(Members request, String scope) {
    if (request.says("filters")) {
      throw PrefixedRefusal.of("filters is not applicable with " + scope + ".");
    }
  }
}
