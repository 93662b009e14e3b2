package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.aws.ObjectStore;

/** The places that hops are sent to, and what payloads and results travel through. */
public record Gateways(FunctionGateway functions, BatchGateway batch, ObjectStore objects)
    implements AutoCloseable {

  /** Starts nothing more and stops listening; what was started goes on. */
  @Override
  public void close() {
    functions.close();
    batch.close();
  }
}
