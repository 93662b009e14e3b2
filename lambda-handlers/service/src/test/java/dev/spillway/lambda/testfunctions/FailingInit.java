package dev.spillway.lambda.testfunctions;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;

/** A function that cannot be constructed. */
public class FailingInit implements RequestHandler<Object, Object> {
  public FailingInit() {
    System.out.println("constructing");
    throw new IllegalStateException("no database");
  }

  @Override
  public Object handleRequest(Object event, Context context) {
    return event;
  }
}
