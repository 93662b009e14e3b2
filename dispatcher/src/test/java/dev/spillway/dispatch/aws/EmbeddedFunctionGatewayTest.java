package dev.spillway.dispatch.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.dispatch.aws.FunctionGateway.End;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class EmbeddedFunctionGatewayTest extends FunctionGatewayContract {
  @Override
  FunctionGateway open() {
    return new EmbeddedFunctionGateway(SERVER.functions(), () -> UUID.randomUUID().toString());
  }

  @Test
  void cancelling_kills_the_function_before_its_own_limit_does() {
    String key = key();
    gateway.start(call(key, "doer", "{\"do\":\"hang\"}"));
    await().atMost(Duration.ofSeconds(30)).until(() -> begun.contains(key));
    gateway.cancel(key);
    assertThat(ended(key)).isInstanceOf(End.ServiceFailed.class);
  }
}
