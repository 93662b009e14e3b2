package dev.spillway.batch.scheduling;

/** A job that waits for a place, and what it needs. */
public record WaitingJob(String jobId, int vcpuMillis, int memoryMib) {}
