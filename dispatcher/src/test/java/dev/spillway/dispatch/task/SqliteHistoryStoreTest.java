package dev.spillway.dispatch.task;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteHistoryStoreTest extends HistoryStoreContract {
  @TempDir Path folder;

  @Override
  HistoryStore open() {
    return TaskDatabase.sqlite(folder.resolve("tasks.db")).history();
  }
}
