package dev.spillway.dispatch.task;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.testkit.PostgresServer;

class PostgresHistoryStoreTest extends HistoryStoreContract {
  private final BatchSettings.Postgres database = PostgresServer.database();

  @Override
  HistoryStore open() {
    return TaskDatabase.postgres(
            PostgresSchema.of(
                database.url(), database.user(), database.password(), "123456789012", "us-east-1"))
        .history();
  }
}
