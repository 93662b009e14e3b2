package dev.spillway.lambda.testfunctions;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;

/** A function whose construction takes as long as the variable INIT_MILLIS says. */
public class SlowInit implements RequestHandler<Object, Object> {
  public SlowInit() throws InterruptedException {
    Thread.sleep(Long.parseLong(System.getenv("INIT_MILLIS")));
  }

  @Override
  public Object handleRequest(Object event, Context context) {
    return context.getRemainingTimeInMillis();
  }
}
