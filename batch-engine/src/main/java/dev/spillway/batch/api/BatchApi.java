package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.engine.EngineBusyException;
import dev.spillway.batch.store.JournalException;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All operations, by the names that their paths have. */
public final class BatchApi implements BatchOperations {
  private static final Logger LOG = LoggerFactory.getLogger(BatchApi.class);

  /** SageMaker's part of the API, which has no meaning here. Source: API 2016-08-10. */
  private static final List<String> SERVICE_JOBS =
      List.of(
          "CreateQuotaShare",
          "CreateServiceEnvironment",
          "DeleteQuotaShare",
          "DeleteServiceEnvironment",
          "DescribeQuotaShare",
          "DescribeServiceEnvironments",
          "DescribeServiceJob",
          "ListQuotaShares",
          "ListServiceJobs",
          "SubmitServiceJob",
          "TerminateServiceJob",
          "TerminateServiceJobs",
          "UpdateQuotaShare",
          "UpdateServiceEnvironment",
          "UpdateServiceJob");

  private final Map<String, UnaryOperator<ObjectNode>> operations = new TreeMap<>();

  /**
   * What the operations are told to allow.
   *
   * @param privileged containers
   * @param maxArraySize children of one array job; AWS allows 10,000
   */
  public record Allowed(boolean privileged, int maxArraySize) {}

  public BatchApi(EngineAccess engine, Arns arns, InstantSource clock, Allowed allowed) {
    var environments = new ComputeEnvironmentCalls(engine, arns, clock);
    var queues =
        new JobQueueCalls(
            engine, arns, clock, name -> engine.view().schedulingPolicy(name).isPresent());
    var definitions = new JobDefinitionCalls(engine, arns, clock, allowed.privileged());
    var submit = new SubmitCall(engine, arns, clock, definitions, allowed.maxArraySize());
    var jobs = new JobCalls(engine, arns);
    operations.put("createcomputeenvironment", environments::create);
    operations.put("updatecomputeenvironment", environments::update);
    operations.put("deletecomputeenvironment", environments::delete);
    operations.put("describecomputeenvironments", environments::describe);
    operations.put("createjobqueue", queues::create);
    operations.put("updatejobqueue", queues::update);
    operations.put("deletejobqueue", queues::delete);
    operations.put("describejobqueues", queues::describe);
    operations.put("registerjobdefinition", definitions::register);
    operations.put("deregisterjobdefinition", definitions::deregister);
    operations.put("describejobdefinitions", definitions::describe);
    operations.put("submitjob", submit::submit);
    operations.put("describejobs", jobs::describe);
    operations.put("listjobs", new ListJobsCall(engine, arns)::list);
    operations.put("canceljob", jobs::cancel);
    operations.put("terminatejob", jobs::terminate);
    operations.put("canceljobs", jobs::cancelAll);
    operations.put("terminatejobs", jobs::terminateAll);
    operations.put("getjobqueuesnapshot", new QueueSnapshotCall(engine, arns, clock)::get);
    var policies = new SchedulingPolicyCalls(engine, arns);
    operations.put("createschedulingpolicy", policies::create);
    operations.put("updateschedulingpolicy", policies::update);
    operations.put("deleteschedulingpolicy", policies::delete);
    operations.put("describeschedulingpolicies", policies::describe);
    operations.put("listschedulingpolicies", policies::list);
    var consumables = new ConsumableResourceCalls(engine, arns, clock);
    operations.put("createconsumableresource", consumables::create);
    operations.put("updateconsumableresource", consumables::update);
    operations.put("deleteconsumableresource", consumables::delete);
    operations.put("describeconsumableresource", consumables::describe);
    operations.put("listconsumableresources", consumables::list);
    operations.put("listjobsbyconsumableresource", consumables::listJobs);
    var tags = new TagCalls(engine, arns);
    operations.put("listtagsforresource", tags::list);
    operations.put("tagresource", tags::tag);
    operations.put("untagresource", tags::untag);
    for (String name : SERVICE_JOBS) {
      operations.put(
          name.toLowerCase(Locale.ROOT),
          _ -> {
            throw BatchApiException.client(
                "%s is for SageMaker Training jobs, which Spillway does not run; use SubmitJob."
                    .formatted(name));
          });
    }
  }

  @Override
  public ObjectNode call(String operation, ObjectNode request) {
    UnaryOperator<ObjectNode> call = operations.get(operation);
    if (call == null) {
      throw new BatchApiException(
          "UnknownOperationException",
          404,
          "AWS Batch has no operation %s; paths are /v1/ and a name in lower case, for example /v1/submitjob."
              .formatted(operation));
    }
    try {
      return call.apply(request);
    } catch (EngineBusyException e) {
      throw e.overloaded()
          ? new BatchApiException("TooManyRequestsException", 429, e.getMessage())
          : new BatchApiException("ServiceUnavailableException", 503, e.getMessage());
    } catch (JournalException e) {
      LOG.error("{} failed on the store", operation, e);
      throw new BatchApiException(
          "ServerException", 500, "The store could not be read; the server's log says why.");
    }
  }
}
