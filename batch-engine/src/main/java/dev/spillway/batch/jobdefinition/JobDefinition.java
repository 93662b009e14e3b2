package dev.spillway.batch.jobdefinition;

import java.time.Instant;

/**
 * One revision of a job definition.
 *
 * @param revision counts from 1, and goes on after a deregistration
 * @param detail the members that the caller gave, as JSON text
 */
public record JobDefinition(
    String name, int revision, boolean active, boolean fargate, Instant createdAt, String detail) {

  /** {@code name:revision}. */
  public String key() {
    return name + ":" + revision;
  }

  public JobDefinition revision(int number) {
    return new JobDefinition(name, number, active, fargate, createdAt, detail);
  }

  public JobDefinition inactive() {
    return new JobDefinition(name, revision, false, fargate, createdAt, detail);
  }

  public JobDefinition detailed(String newDetail) {
    return new JobDefinition(name, revision, active, fargate, createdAt, newDetail);
  }
}
