package dev.spillway.batch.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A {@link JobListing} as SQL. */
final class JobQuery {
  /** Names are letters, digits, - and _, ARNs hold : and / too: all below this. */
  private static final char AFTER_ALL = '~';

  private final StringBuilder where = new StringBuilder("and parent_id is null");
  private final List<Object> values = new ArrayList<>();

  JobQuery(JobListing listing) {
    switch (listing.scope()) {
      case JobListing.OfQueue(String queue) -> and("job_queue = ?", queue);
      case JobListing.OfConsumableResource(String name) ->
          and(
              "job_id in (select c.job_id from job_consumable c where c.account = job.account"
                  + " and c.region = job.region and c.consumable_resource = ?)",
              name);
    }
    listing.status().ifPresent(status -> and("status = ?", status.name()));
    listing.filter().ifPresent(this::filter);
    listing
        .after()
        .ifPresent(
            after ->
                and(
                    "(created_at < ? or (created_at = ? and job_id > ?))",
                    after.createdAt(),
                    after.createdAt(),
                    after.jobId()));
    where.append(" order by created_at desc, job_id limit ?");
    values.add(listing.limit());
  }

  private void filter(JobListing.Filter filter) {
    switch (filter) {
      case JobListing.JobName(String pattern) -> {
        String name = pattern.toLowerCase(Locale.ROOT);
        if (name.endsWith("*")) {
          prefix("job_name_lower", name.substring(0, name.length() - 1));
        } else {
          and("job_name_lower = ?", name);
        }
      }
      case JobListing.JobDefinition(String arn, boolean prefix) -> {
        if (prefix) {
          prefix("job_definition_arn", arn);
        } else {
          and("job_definition_arn = ?", arn);
        }
      }
      case JobListing.CreatedBefore(Instant at) -> and("created_at < ?", at);
      case JobListing.CreatedAfter(Instant at) -> and("created_at > ?", at);
      case JobListing.ShareIdentifier(String identifier) -> and("share_identifier = ?", identifier);
    }
  }

  private void prefix(String column, String prefix) {
    and(column + " >= ? and " + column + " < ?", prefix, prefix + AFTER_ALL);
  }

  private void and(String condition, Object... of) {
    where.append(" and ").append(condition);
    values.addAll(List.of(of));
  }

  String where() {
    return where.toString();
  }

  Object[] values() {
    return values.toArray();
  }
}
