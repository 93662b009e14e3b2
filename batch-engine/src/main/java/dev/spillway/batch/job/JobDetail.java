package dev.spillway.batch.job;

/**
 * What is kept of a job for readers and runners: no decision needs it, so it is not in memory.
 *
 * @param members of DescribeJobs that do not change, as JSON text
 * @param tags as a JSON object
 */
public record JobDetail(String members, String tags) {}
