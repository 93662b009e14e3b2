package dev.spillway.dispatch.task;

class MemoryTaskStoreTest extends TaskStoreContract {
  @Override
  TaskStore open() {
    return new MemoryTaskStore();
  }

  @Override
  public TaskStore another() {
    return store;
  }
}
