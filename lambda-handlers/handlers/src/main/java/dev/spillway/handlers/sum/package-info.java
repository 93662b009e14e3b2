/** The numbers up to a limit, added up by all nodes of a multi-node parallel job. */
package dev.spillway.handlers.sum;
