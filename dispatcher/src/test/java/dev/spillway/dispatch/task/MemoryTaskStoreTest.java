package dev.spillway.dispatch.task;

class MemoryTaskStoreTest extends TaskStoreContract {
  @Override
  TaskStore open() {
    return new MemoryTaskStore();
  }

  @Override
  TaskStore another() {
    return store;
  }
}
