/** Where the output of attempts is, how it is read, and how long it is kept. */
package dev.spillway.batch.logs;
