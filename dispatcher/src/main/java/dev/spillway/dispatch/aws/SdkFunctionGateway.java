package dev.spillway.dispatch.aws;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
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
public final class SdkFunctionGateway implements FunctionGateway {
  private final LambdaClient lambda;
  private final Set<String> running = ConcurrentHashMap.newKeySet();
  private final KeptLogs logs = new KeptLogs();
  private volatile Consumer<End> ends = _ -> {};
  private volatile Consumer<String> starts = _ -> {};

  /** Over a client whose timeouts are longer than any function's, and which repeats nothing. */
  public SdkFunctionGateway(LambdaClient lambda) {
    this.lambda = lambda;
  }

  @Override
  public void listen(Consumer<End> listener) {
    ends = listener;
  }

  @Override
  public void listenStarts(Consumer<String> startedHopKey) {
    starts = startedHopKey;
  }

  @Override
  public void start(Start start) {
    if (running.add(start.hopKey())) {
      Thread.ofVirtual().name("invoke-" + start.hopKey()).start(() -> invoke(start));
    }
  }

  private void invoke(Start start) {
    starts.accept(start.hopKey());
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
    running.remove(start.hopKey());
    ends.accept(end);
  }

  private static InvokeRequest request(Start start) {
    byte[] context = start.clientContext().getBytes(StandardCharsets.UTF_8);
    return InvokeRequest.builder()
        .functionName(start.functionName())
        .invocationType(InvocationType.REQUEST_RESPONSE)
        .logType(LogType.TAIL)
        .clientContext(Base64.getEncoder().encodeToString(context))
        .payload(SdkBytes.fromByteArrayUnsafe(start.payload()))
        .build();
  }

  private End end(String hopKey, InvokeResponse answer) {
    if (answer.logResult() != null) {
      byte[] tail = Base64.getDecoder().decode(answer.logResult());
      logs.put(hopKey, new String(tail, StandardCharsets.UTF_8));
    }
    byte[] payload = answer.payload() == null ? new byte[0] : answer.payload().asByteArray();
    return answer.functionError() == null
        ? new End.Succeeded(hopKey, payload)
        : FunctionErrors.failed(hopKey, payload);
  }

  @Override
  public void cancel(String hopKey) {
    // See above.
  }

  @Override
  public boolean running(String hopKey) {
    return running.contains(hopKey);
  }

  @Override
  public Optional<String> log(String hopKey) {
    return logs.of(hopKey);
  }

  @Override
  public void close() {
    // The client is whoever's made it.
  }
}
