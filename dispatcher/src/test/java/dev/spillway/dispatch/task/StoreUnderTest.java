package dev.spillway.dispatch.task;

/** The store that a part of the contract is about. */
interface StoreUnderTest {
  TaskStore store();

  /** The same store as another dispatcher has it. */
  TaskStore another();

  /** A dispatcher over it. */
  Bench bench();

  default Task resize(String more) {
    return bench().submit("{'workload': 'resize', 'payload': {'n': 1}" + more + "}");
  }
}
