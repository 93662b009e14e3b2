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
}
