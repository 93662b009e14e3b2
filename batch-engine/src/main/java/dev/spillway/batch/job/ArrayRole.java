package dev.spillway.batch.job;

/** What a job is in an array. Source: user guide, array jobs. */
public sealed interface ArrayRole {

  /** Number of children. */
  int size();

  /**
   * The pointer to all children; never runs itself.
   *
   * @param sequential each child waits for the one before it
   */
  record Parent(int size, boolean sequential) implements ArrayRole {}

  /**
   * One of the children.
   *
   * @param index counts from 0
   */
  record Child(String parentId, int index, int size) implements ArrayRole {}
}
