package dev.spillway.dispatch.aws;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.InvocationType;
import software.amazon.awssdk.services.lambda.model.InvokeRequest;
import software.amazon.awssdk.services.lambda.model.InvokeResponse;
import software.amazon.awssdk.services.lambda.model.LogType;

/**
 * Functions of AWS Lambda: each start is one synchronous invocation, on a thread of its own that
 * costs next to nothing while it waits.
 *
 * <p>Cancelling stops nothing on AWS. The invocation runs on, holds its concurrency, and its end is
 * told like any other; the runner has given the hop up by then and records it as late. An
 * invocation whose connection broke is a 503: it may have run, and may run again. <br>
 * Source: AWS Lambda API 2015-03-31, Invoke.
 */
public final class SdkFunctionGateway extends FunctionCalls<Thread> {
  private final LambdaClient lambda;

  /** Over a client whose timeouts are longer than any function's, and which repeats nothing. */
  public SdkFunctionGateway(LambdaClient lambda) {
    this.lambda = lambda;
  }

  @Override
  public void start(Start start) {
    Thread call =
        Thread.ofVirtual().name("invoke-" + start.hopKey()).unstarted(() -> invoke(start));
    if (enter(start.hopKey(), call)) {
      call.start();
    }
  }

  private void invoke(Start start) {
    started(start.hopKey());
    End end;
    try {
      end = end(start.hopKey(), lambda.invoke(request(start)));
    } catch (SdkException e) {
      SdkFailure failure = SdkFailure.of(e);
      end =
          new End.ServiceFailed(
              start.hopKey(), failure.status(), failure.errorType(), failure.message());
    } catch (RuntimeException e) {
      // Whatever it is, a hop without an end would never be taken up again.
      end = new End.ServiceFailed(start.hopKey(), 503, "ServiceException", e.toString());
    }
    ended(end);
  }

  private static InvokeRequest request(Start start) {
    byte[] context = start.clientContext().getBytes(StandardCharsets.UTF_8);
    return InvokeRequest.builder()
        .functionName(start.functionName())
        .invocationType(InvocationType.REQUEST_RESPONSE)
        .logType(LogType.TAIL)
        .clientContext(Base64.getEncoder().encodeToString(context))
        .payload(SdkBytes.fromByteArrayUnsafe(start.payload().read()))
        .build();
  }

  private End end(String hopKey, InvokeResponse answer) {
    if (answer.logResult() != null) {
      byte[] tail = Base64.getDecoder().decode(answer.logResult());
      logged(hopKey, new String(tail, StandardCharsets.UTF_8));
    }
    byte[] payload = answer.payload() == null ? new byte[0] : answer.payload().asByteArray();
    return answer.functionError() == null
        ? new End.Succeeded(hopKey, payload)
        : FunctionErrors.failed(hopKey, payload);
  }

  @Override
  public boolean cancel(String hopKey) {
    return false; // stops nothing on AWS
  }
}
