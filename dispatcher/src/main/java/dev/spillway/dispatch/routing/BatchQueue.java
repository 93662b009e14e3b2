package dev.spillway.dispatch.routing;

/**
 * A queue that tasks may be sent to: one with the tag {@code spillway:dispatch}.
 *
 * @param route {@code batch-spot}, {@code batch-ec2}, {@code batch-fargate} or {@code
 *     batch-fargate-spot}: the kind of the queue's first environment
 * @param maxVcpus of that environment
 */
public record BatchQueue(String name, String route, int priority, int maxVcpus) {}
