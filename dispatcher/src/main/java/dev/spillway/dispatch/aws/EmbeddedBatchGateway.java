package dev.spillway.dispatch.aws;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.BatchOperations;
import dev.spillway.batch.engine.JobEvents;
import dev.spillway.batch.engine.OutboxEvent;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Jobs of the engine in this JVM, through the same operations as the wire API.
 *
 * <p>The engine answers in a commit's time, so a call is made in the thread that asks, and its
 * outcome told before it returns. The engine's own events say when a job moved.
 */
public final class EmbeddedBatchGateway implements BatchGateway {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final BatchOperations batch;
  private final JobEvents events;
  private volatile Consumer<Event> listener = _ -> {};
  private AutoCloseable subscription = () -> {};

  public EmbeddedBatchGateway(BatchOperations batch, JobEvents events) {
    this.batch = batch;
    this.events = events;
  }

  @Override
  public void listen(Consumer<Event> told) {
    listener = told;
    subscription =
        events.subscribe(
            event -> {
              if (event instanceof OutboxEvent.JobStateChange change) {
                told.accept(new Event.Changed(change.jobId()));
              }
            });
  }

  /** The engine honours the key's tag, so an earlier start needs no looking for. */
  @Override
  public void start(Start start) {
    Event outcome;
    try {
      String jobId = call("submitjob", BatchJson.submit(start)).path("jobId").asText();
      outcome = new Event.Sent(start.hopKey(), jobId);
    } catch (RefusedException e) {
      outcome = new Event.NotSent(start.hopKey(), 400, "ClientException", e.getMessage());
    } catch (BatchApiException e) {
      outcome = new Event.NotSent(start.hopKey(), e.status(), e.errorType(), e.getMessage());
    }
    listener.accept(outcome);
  }

  @Override
  public void lookup(Start start) {
    ObjectNode request = NODES.objectNode().put("jobQueue", start.jobQueue());
    request
        .putArray("filters")
        .addObject()
        .put("name", "JOB_NAME")
        .putArray("values")
        .add(start.jobName());
    Optional<String> found;
    try {
      JsonNode first = call("listjobs", request).path("jobSummaryList").path(0);
      found = Optional.ofNullable(first.path("jobId").textValue());
    } catch (RefusedException _) {
      // No such queue, so no job in it.
      found = Optional.empty();
    }
    listener.accept(
        found
            .<Event>map(jobId -> new Event.Sent(start.hopKey(), jobId))
            .orElse(new Event.Absent(start.hopKey())));
  }

  /** Whoever has the engine in its own process can always ask it. */
  @Override
  public void find(Start start) {
    lookup(start);
  }

  @Override
  public void follow(String jobId) {
    ObjectNode request = NODES.objectNode();
    request.putArray("jobs").add(jobId);
    JsonNode job = call("describejobs", request).path("jobs").path(0);
    listener.accept(
        job.isMissingNode() ? new Event.Gone(jobId) : new Event.Seen(BatchJson.job(job)));
  }

  @Override
  public void cancel(String hopKey, Optional<String> jobId, String reason) {
    jobId.ifPresent(
        id -> call("terminatejob", NODES.objectNode().put("jobId", id).put("reason", reason)));
  }

  @Override
  public String define(Definition definition) {
    Optional<String> there = activeRevision(definition.name());
    if (there.isPresent()) {
      return there.get();
    }
    ObjectNode answer = call("registerjobdefinition", BatchJson.register(definition));
    return answer.path("jobDefinitionName").asText() + ":" + answer.path("revision").intValue();
  }

  @Override
  public Optional<String> activeRevision(String jobDefinition) {
    int newest = 0;
    String token = null;
    do {
      ObjectNode request =
          NODES.objectNode().put("jobDefinitionName", jobDefinition).put("status", "ACTIVE");
      if (token != null) {
        request.put("nextToken", token);
      }
      ObjectNode page = call("describejobdefinitions", request);
      for (JsonNode definition : page.path("jobDefinitions")) {
        newest = Math.max(newest, definition.path("revision").intValue());
      }
      token = page.path("nextToken").textValue();
    } while (token != null);
    return newest == 0 ? Optional.empty() : Optional.of(jobDefinition + ":" + newest);
  }

  private ObjectNode call(String operation, ObjectNode request) {
    try {
      return batch.call(operation, request);
    } catch (BatchApiException e) {
      if (e.status() < 500 && e.status() != 429) {
        throw new RefusedException(e.getMessage());
      }
      throw e;
    }
  }

  @Override
  public void close() {
    try {
      subscription.close();
    } catch (Exception e) {
      throw new IllegalStateException("the engine's events could not be let go", e);
    }
  }
}
