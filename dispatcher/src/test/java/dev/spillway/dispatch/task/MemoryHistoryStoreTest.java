package dev.spillway.dispatch.task;

class MemoryHistoryStoreTest extends HistoryStoreContract {
  private final MemoryHistoryStore.Records records = new MemoryHistoryStore.Records();

  @Override
  HistoryStore open() {
    return new MemoryHistoryStore(records);
  }
}
