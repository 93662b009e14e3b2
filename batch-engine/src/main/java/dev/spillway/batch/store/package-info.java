/**
 * Where jobs and resources are kept. Port: {@link dev.spillway.batch.store.Journal}. Rows are the
 * truth; a batch is one transaction, with its outbox lines and the owner's epoch checked.
 */
package dev.spillway.batch.store;
