package dev.spillway.dispatch.aws;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class SdkObjectStoreTest extends ObjectStoreContract {
  private static final SdkClients CLIENTS = SERVER.clients();

  @AfterAll
  static void closeClients() {
    CLIENTS.close();
  }

  @Override
  ObjectStore store() {
    return new SdkObjectStore(CLIENTS.s3());
  }

  @Test
  void an_endpoint_of_ones_own_is_what_people_are_told() {
    assertThat(CLIENTS.s3Endpoint()).isEqualTo(SERVER.s3Url());
  }
}
