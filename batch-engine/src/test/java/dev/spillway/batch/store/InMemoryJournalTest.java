package dev.spillway.batch.store;

import dev.spillway.batch.testkit.InMemoryJournal;

class InMemoryJournalTest extends JournalContract {
  private final InMemoryJournal journal = new InMemoryJournal();

  @Override
  Journal open() {
    return journal;
  }
}
