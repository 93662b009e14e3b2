package dev.spillway.dispatch;

import dev.spillway.dispatch.fallback.FallbackRules;
import dev.spillway.dispatch.routing.Limits;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What the dispatcher can be told.
 *
 * @param dataDirectory holds {@code tasks.db}
 * @param functionConcurrency most function hops at once; more wait in order
 * @param pollInterval how often live jobs are looked up, should an event have been missed
 * @param taskRetention how long ended tasks are kept
 * @param circuitOpenFor how long a place that breaks is left alone
 * @param tasksBucket payloads and results of tasks travel through it
 * @param resultRetention how long the dispatcher's own objects of ended tasks are kept
 */
public record DispatchSettings(
    Path dataDirectory,
    Limits limits,
    FallbackRules fallback,
    int functionConcurrency,
    Duration pollInterval,
    Duration circuitOpenFor,
    String tasksBucket,
    Duration taskRetention,
    Duration resultRetention) {

  /** The same, with that circuit and through that bucket. */
  public DispatchSettings reaching(Duration openFor, String bucket) {
    return new DispatchSettings(
        dataDirectory,
        limits,
        fallback,
        functionConcurrency,
        pollInterval,
        openFor,
        bucket,
        taskRetention,
        resultRetention);
  }

  /** The same with these retentions. */
  public DispatchSettings keeping(Duration tasks, Duration results) {
    return new DispatchSettings(
        dataDirectory,
        limits,
        fallback,
        functionConcurrency,
        pollInterval,
        circuitOpenFor,
        tasksBucket,
        tasks,
        results);
  }
}
