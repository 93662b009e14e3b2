package dev.spillway.handlers.workload;

import io.micronaut.function.aws.runtime.AbstractRequestStreamHandlerMicronautLambdaRuntime;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Micronaut's own Lambda runtime loop, for runtimes that bring none ({@code provided.*}).
 *
 * <p>Shape: the handler is the class that {@code _HANDLER} names; the events are polled from {@code
 * AWS_LAMBDA_RUNTIME_API}.
 */
public final class LambdaRuntimeMain
    extends AbstractRequestStreamHandlerMicronautLambdaRuntime<InputStream, OutputStream> {

  public static void main(String[] args) throws Exception {
    new LambdaRuntimeMain().run(args);
  }
}
