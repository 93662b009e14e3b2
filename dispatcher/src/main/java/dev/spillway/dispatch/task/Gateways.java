package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.aws.ObjectStore;

/**
 * The places that hops are sent to, and what payloads and results travel through.
 *
 * @param bucket of {@code objects}, for payloads and results of tasks
 */
public record Gateways(
    FunctionGateway functions, BatchGateway batch, ObjectStore objects, String bucket)
    implements AutoCloseable {

  /** With the bucket that an embedded server makes. */
  public Gateways(FunctionGateway functions, BatchGateway batch, ObjectStore objects) {
    this(functions, batch, objects, ObjectStore.TASKS_BUCKET);
  }

  /** Starts nothing more and stops listening; what was started goes on. */
  @Override
  public void close() {
    functions.close();
    batch.close();
  }
}
