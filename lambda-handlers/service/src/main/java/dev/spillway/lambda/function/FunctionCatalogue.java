package dev.spillway.lambda.function;

import java.util.List;

/** What the wire shows of functions beside their configuration. */
public interface FunctionCatalogue {

  /**
   * Finds a function by any form of its name.
   *
   * @throws LambdaException 404 when there is none
   */
  Revision describe(String functionName);

  /** All functions, by name. */
  List<Revision> revisions();

  /** Most calls at once, over all functions. */
  int concurrentExecutions();
}
