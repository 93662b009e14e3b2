package dev.spillway.lambda.function;

import java.util.List;

/** What the wire shows and changes of functions, beside calling them. */
public interface FunctionCatalogue {

  /**
   * A function as a caller named it.
   *
   * @param arn with the qualifier when the name had one
   */
  record Described(FunctionRecord function, Revision revision, String arn) {}

  /**
   * Finds a version by any form of a function's name.
   *
   * @throws LambdaException 404 when there is none
   */
  Described describe(String functionName);

  /**
   * Finds a function, whatever qualifier its name has.
   *
   * @throws LambdaException 404 when there is none
   */
  FunctionRecord function(String functionName);

  /** All functions, by name. */
  List<FunctionRecord> functions();

  /** Most calls at once, over all functions. */
  int concurrentExecutions();

  /** Functions and versions. */
  FunctionControl control();

  AliasControl aliases();

  FunctionSettings settings();
}
