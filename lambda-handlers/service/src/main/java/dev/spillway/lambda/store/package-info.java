/**
 * {@code functions.db}: functions and events that wait, in one SQLite file. Entry point: {@link
 * dev.spillway.lambda.store.FunctionsDatabase}. Only {@code wiring} knows this package.
 */
package dev.spillway.lambda.store;
