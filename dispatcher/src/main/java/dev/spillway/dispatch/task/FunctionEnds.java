package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.fallback.Failure;
import dev.spillway.dispatch.fallback.JourneyEvent;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the end of a function means to its hop, with its result and its log. */
final class FunctionEnds {
  private static final Logger LOG = LoggerFactory.getLogger(FunctionEnds.class);

  private final FunctionGateway functions;
  private final Places places;
  private final Hops hops;

  /** What becomes of the hops. */
  @FunctionalInterface
  interface Hops {
    void ended(
        String taskId,
        JourneyEvent event,
        Optional<TaskStore.HopLog> log,
        Optional<TaskResult> result);
  }

  FunctionEnds(FunctionGateway functions, Places places, Hops hops) {
    this.functions = functions;
    this.places = places;
    this.hops = hops;
  }

  void told(FunctionGateway.End end) {
    String taskId = Task.ofHop(end.hopKey());
    int hop = Task.hopNumber(end.hopKey());
    Optional<TaskStore.HopLog> log =
        functions.log(end.hopKey()).map(text -> new TaskStore.HopLog(hop, text));
    switch (end) {
      case FunctionGateway.End.Succeeded(_, byte[] answer) -> succeeded(taskId, hop, answer, log);
      case FunctionGateway.End.FunctionFailed(_, String type, String message) ->
          failed(taskId, hop, Failure.ofFunction(type, message), log);
      case FunctionGateway.End.ServiceFailed(_, int status, String type, String message) ->
          failed(taskId, hop, Failure.ofService(status, type, message), log);
    }
  }

  private void succeeded(String taskId, int hop, byte[] answer, Optional<TaskStore.HopLog> log) {
    TaskResult result;
    try {
      result = places.functionResult(taskId, hop, answer);
    } catch (RuntimeException e) {
      LOG.warn("task={} hop={}: its result could not be stored", taskId, hop, e);
      failed(
          taskId,
          hop,
          Failure.ofService(
              503, "ServiceUnavailableException", "The result could not be stored in S3."),
          log);
      return;
    }
    hops.ended(taskId, new JourneyEvent.HopSucceeded(hop, List.of()), log, Optional.of(result));
  }

  private void failed(String taskId, int hop, Failure failure, Optional<TaskStore.HopLog> log) {
    hops.ended(taskId, new JourneyEvent.HopFailed(hop, failure, List.of()), log, Optional.empty());
  }
}
