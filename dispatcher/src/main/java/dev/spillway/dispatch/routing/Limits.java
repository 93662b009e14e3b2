package dev.spillway.dispatch.routing;

import java.time.Duration;

/**
 * The amounts that decide where a task can run. Read from a file that users can replace, because
 * AWS changes them.
 *
 * @param functionTimeout longest run of any function
 * @param functionMargin kept free below {@code functionTimeout}
 * @param mibPerVcpu memory that buys a function one vCPU
 * @param payloadBytes largest synchronous event
 * @param batchLeastTimeout shortest attempt limit that Batch takes
 * @param maxHops most routes tried for one task
 */
public record Limits(
    Duration functionTimeout,
    Duration functionMargin,
    long functionMemoryMib,
    long functionDiskMib,
    long mibPerVcpu,
    long payloadBytes,
    Duration batchLeastTimeout,
    double fargateVcpus,
    long fargateMemoryMib,
    long fargateDiskMib,
    int maxHops) {}
