package dev.spillway.dispatch.aws;

import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;

class SdkJobLogsTest extends JobLogsContract {
  private static final SdkClients CLIENTS = SERVER.clients();
  private static final SdkJobLogs LOGS =
      new SdkJobLogs(
          CLIENTS.batch(), CLIENTS.logs(), Duration.ofMillis(500), InstantSource.system());

  @AfterAll
  static void closeClients() {
    CLIENTS.close();
  }

  @Override
  JobLogReader logs() {
    return LOGS;
  }
}
