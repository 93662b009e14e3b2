/** How requests are read and answers are written, member by member. */
package dev.spillway.batch.api.wire;
