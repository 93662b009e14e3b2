package dev.spillway.dispatch.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.aws.FunctionGateway.End;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;

class SdkFunctionGatewayTest extends FunctionGatewayContract {
  private static final SdkClients CLIENTS = SERVER.clients();

  @AfterAll
  static void closeClients() {
    CLIENTS.close();
  }

  @Override
  FunctionGateway open() {
    return new SdkFunctionGateway(CLIENTS.lambda());
  }

  @Test
  void a_throttle_tells_which_limit_and_when_to_come_again() {
    assertThat(run("closed", "{}"))
        .isInstanceOfSatisfying(
            End.ServiceFailed.class,
            end ->
                assertThat(end.message())
                    .contains("ReservedFunctionConcurrentInvocationLimitExceeded"));
  }

  @Test
  void a_service_that_is_not_there_is_a_503() throws IOException {
    int nobody;
    try (var socket = new ServerSocket(0)) {
      nobody = socket.getLocalPort();
    }
    try (SdkClients lost =
        new SdkClients(
            new SdkClients.Options(
                Optional.of("us-east-1"),
                builder ->
                    builder
                        .credentialsProvider(AnonymousCredentialsProvider.create())
                        .endpointOverride(URI.create("http://127.0.0.1:" + nobody))))) {
      FunctionGateway alone = new SdkFunctionGateway(lost.lambda());
      alone.listen(ends::add);
      String key = key();
      alone.start(call(key, "doer", "{}"));
      assertThat(ended(key))
          .isInstanceOfSatisfying(
              End.ServiceFailed.class, end -> assertThat(end.status()).isEqualTo(503));
    }
  }
}
