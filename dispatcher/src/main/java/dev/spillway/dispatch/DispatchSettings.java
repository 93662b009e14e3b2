package dev.spillway.dispatch;

import dev.spillway.dispatch.fallback.FallbackRules;
import dev.spillway.dispatch.routing.Limits;
import dev.spillway.dispatch.task.PostgresSchema;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What the dispatcher can be told.
 *
 * @param dataDirectory holds {@code tasks.db}
 * @param functionConcurrency most function hops at once; more wait in order
 * @param pollInterval how often live jobs are looked up, should an event have been missed
 * @param circuitOpenFor how long a place that breaks is left alone
 * @param tasksBucket payloads and results of tasks travel through it
 * @param taskRetention how long ended tasks are kept
 * @param resultRetention how long the dispatcher's own objects of ended tasks are kept
 * @param maxArraySize most children of one array
 * @param postgres holds the tasks in place of {@code tasks.db}
 */
public record DispatchSettings(
    Path dataDirectory,
    RoutingSettings routing,
    FallbackRules fallback,
    int functionConcurrency,
    Duration pollInterval,
    Duration circuitOpenFor,
    String tasksBucket,
    Duration taskRetention,
    Duration resultRetention,
    int maxArraySize,
    Optional<PostgresSchema> postgres) {

  /** The limits of routes. */
  public Limits limits() {
    return routing.limits();
  }

  /** The same with this routing. */
  public DispatchSettings routed(RoutingSettings other) {
    return new DispatchSettings(
        dataDirectory,
        other,
        fallback,
        functionConcurrency,
        pollInterval,
        circuitOpenFor,
        tasksBucket,
        taskRetention,
        resultRetention,
        maxArraySize,
        postgres);
  }

  /** The same, with that circuit and through that bucket. */
  public DispatchSettings reaching(Duration openFor, String bucket) {
    return new DispatchSettings(
        dataDirectory,
        routing,
        fallback,
        functionConcurrency,
        pollInterval,
        openFor,
        bucket,
        taskRetention,
        resultRetention,
        maxArraySize,
        postgres);
  }

  /** The same with these retentions. */
  public DispatchSettings keeping(Duration tasks, Duration results) {
    return new DispatchSettings(
        dataDirectory,
        routing,
        fallback,
        functionConcurrency,
        pollInterval,
        circuitOpenFor,
        tasksBucket,
        tasks,
        results,
        maxArraySize,
        postgres);
  }

  /** The same, with the tasks in PostgreSQL when a schema is given. */
  public DispatchSettings storedIn(Optional<PostgresSchema> schema) {
    return new DispatchSettings(
        dataDirectory,
        routing,
        fallback,
        functionConcurrency,
        pollInterval,
        circuitOpenFor,
        tasksBucket,
        taskRetention,
        resultRetention,
        maxArraySize,
        schema);
  }

  /** The same with arrays of up to so many children. */
  public DispatchSettings arraysUpTo(int most) {
    return new DispatchSettings(
        dataDirectory,
        routing,
        fallback,
        functionConcurrency,
        pollInterval,
        circuitOpenFor,
        tasksBucket,
        taskRetention,
        resultRetention,
        most,
        postgres);
  }
}
