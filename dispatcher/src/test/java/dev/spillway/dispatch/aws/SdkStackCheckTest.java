package dev.spillway.dispatch.aws;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.spillway.dispatch.wiring.ContractServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;

/** What the start with backend aws says of a server that has some of it. */
@Tag("conformance")
class SdkStackCheckTest {
  private static final ContractServer SERVER = ContractServer.shared();

  private static List<String> faults(SdkClients clients, SdkStackCheck.Wanted wanted) {
    try (var gateway =
        new SdkBatchGateway(
            clients.batch(),
            new SdkBatchGateway.Waits(
                Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofMillis(5)),
            InstantSource.system())) {
      return new SdkStackCheck(clients.lambdaControl(), clients.batch(), clients.s3(), gateway)
          .faults(wanted);
    }
  }

  @Test
  void all_that_is_there_is_no_fault() {
    try (SdkClients clients = SERVER.clients()) {
      assertThat(
              faults(
                  clients,
                  new SdkStackCheck.Wanted(
                      List.of("doer", "closed"),
                      List.of("contract"),
                      List.of("contract"),
                      "spillway")))
          .isEmpty();
    }
  }

  @Test
  void each_thing_that_is_missing_is_named_in_order() {
    try (SdkClients clients = SERVER.clients()) {
      assertThat(
              faults(
                  clients,
                  new SdkStackCheck.Wanted(
                      List.of("nobody", "doer"),
                      List.of("contract", "nowhere"),
                      List.of("nothing"),
                      "no-such-bucket")))
          .containsExactly(
              "Lambda has no function nobody. Deploy the template first.",
              "Batch has no job queue nowhere. Deploy the template first.",
              "Batch has no active job definition nothing. Deploy the template first.",
              "S3 has no bucket no-such-bucket. Make it, or name another with tasks.bucket.");
    }
  }

  @Test
  void a_queue_that_is_disabled_is_named_with_the_way_out() {
    String queue = "closed-" + UUID.randomUUID();
    var create = JsonNodeFactory.instance.objectNode();
    create.put("jobQueueName", queue).put("priority", 1).put("state", "DISABLED");
    create
        .putArray("computeEnvironmentOrder")
        .addObject()
        .put("order", 1)
        .put("computeEnvironment", "contract");
    SERVER.batch().call("createjobqueue", create);
    try (SdkClients clients = SERVER.clients()) {
      assertThat(
              faults(
                  clients,
                  new SdkStackCheck.Wanted(List.of(), List.of(queue), List.of(), "spillway")))
          .containsExactly("Job queue " + queue + " is DISABLED; enable it with UpdateJobQueue.");
    }
  }

  @Test
  void services_that_are_not_there_are_said_once_each() throws IOException {
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
      assertThat(
              faults(
                  lost,
                  new SdkStackCheck.Wanted(
                      List.of("a", "b", "c"), List.of("q"), List.of("d", "e"), "spillway")))
          .hasSize(3)
          .anySatisfy(fault -> assertThat(fault).startsWith("Lambda does not answer"))
          .anySatisfy(fault -> assertThat(fault).startsWith("Batch does not answer"))
          .anySatisfy(fault -> assertThat(fault).startsWith("S3 does not answer"));
    }
  }
}
