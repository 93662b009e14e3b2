package dev.spillway.lambda.function;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One admitted invocation on its way through an environment.
 *
 * @param invokedArn the ARN that the caller meant, with the qualifier when one was given
 * @param outcome completed exactly once, by the environments
 */
public record Call(
    String requestId,
    Revision revision,
    String invokedArn,
    byte[] payload,
    Optional<String> clientContext,
    CompletableFuture<FunctionService.Result> outcome) {

  /** A call is itself only; two with equal fields are two calls. */
  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
