package dev.spillway.lambda.function;

import dev.spillway.lambda.function.FunctionService.Invocation;

/** Port: takes calls that nobody waits for. */
public interface EventQueue {

  /**
   * Acknowledges an event: when this returns it will be carried out, whatever happens.
   *
   * @throws LambdaException 400, 404, 413, or 429 when too many wait
   */
  void accept(Invocation invocation);
}
