/** Scheduling policies, as the API has them. */
package dev.spillway.batch.schedulingpolicy;
