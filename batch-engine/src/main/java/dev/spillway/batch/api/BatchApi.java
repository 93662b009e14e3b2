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

  /** What the API also has. Source: API 2016-08-10 and the bulk calls of September 2026. */
  private static final List<String> NOT_YET =
      List.of(
          "CancelJobs",
          "CreateConsumableResource",
          "CreateQuotaShare",
          "CreateSchedulingPolicy",
          "CreateServiceEnvironment",
          "DeleteConsumableResource",
          "DeleteQuotaShare",
          "DeleteSchedulingPolicy",
          "DeleteServiceEnvironment",
          "DescribeConsumableResource",
          "DescribeQuotaShare",
          "DescribeSchedulingPolicies",
          "DescribeServiceEnvironments",
          "DescribeServiceJob",
          "GetJobQueueSnapshot",
          "ListConsumableResources",
          "ListJobsByConsumableResource",
          "ListQuotaShares",
          "ListSchedulingPolicies",
          "ListServiceJobs",
          "ListTagsForResource",
          "SubmitServiceJob",
          "TagResource",
          "TerminateJobs",
          "TerminateServiceJob",
          "TerminateServiceJobs",
          "UntagResource",
          "UpdateConsumableResource",
          "UpdateQuotaShare",
          "UpdateSchedulingPolicy",
          "UpdateServiceEnvironment",
          "UpdateServiceJob");

  private final Map<String, UnaryOperator<ObjectNode>> operations = new TreeMap<>();

  public BatchApi(EngineAccess engine, Arns arns, InstantSource clock, boolean allowPrivileged) {
    var environments = new ComputeEnvironmentCalls(engine, arns, clock);
    var queues = new JobQueueCalls(engine, arns, clock, _ -> false);
    var definitions = new JobDefinitionCalls(engine, arns, clock, allowPrivileged);
    var submit = new SubmitCall(engine, arns, clock, definitions);
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
    operations.put("listjobs", jobs::list);
    operations.put("canceljob", jobs::cancel);
    operations.put("terminatejob", jobs::terminate);
    for (String name : NOT_YET) {
      operations.put(
          name.toLowerCase(Locale.ROOT),
          _ -> {
            throw PrefixedRefusal.unsupported("The operation " + name);
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
