package dev.spillway.batch.api;

import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.store.JobListing;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads {@code filters}. Source: API ListJobs, ListJobsByConsumableResource. */
final class JobFilters {
  private static final List<String> OF_LIST_JOBS =
      List.of(
          "JOB_NAME",
          "JOB_DEFINITION",
          "BEFORE_CREATED_AT",
          "AFTER_CREATED_AT",
          "SHARE_IDENTIFIER");

  private final Arns arns;

  JobFilters(Arns arns) {
    this.arns = arns;
  }

  /** Exactly one, or none. */
  Optional<JobListing.Filter> ofListJobs(Members request) {
    List<Members> filters = request.objects("filters", "name", "values");
    if (filters.isEmpty()) {
      return Optional.empty();
    }
    if (filters.size() > 1) {
      throw PrefixedRefusal.of("filters takes exactly one filter.");
    }
    return Optional.of(filter(filters.getFirst(), OF_LIST_JOBS));
  }

  /** Of each kind one at most. */
  static JobListing ofListJobsByConsumableResource(Members request, String resource, int limit) {
    Optional<JobStatus> status = Optional.empty();
    Optional<JobListing.Filter> name = Optional.empty();
    for (Members filter : request.objects("filters", "name", "values")) {
      String value = value(filter, List.of("JOB_STATUS", "JOB_NAME"));
      if (filter.requiredText("name").equals("JOB_STATUS")) {
        status = Optional.of(status(value));
      } else {
        name = Optional.of(new JobListing.JobName(value));
      }
    }
    return new JobListing(
        new JobListing.OfConsumableResource(resource), status, name, Optional.empty(), limit);
  }

  private JobListing.Filter filter(Members filter, List<String> known) {
    String value = value(filter, known);
    return switch (filter.requiredText("name")) {
      case "JOB_NAME" -> new JobListing.JobName(value);
      case "JOB_DEFINITION" -> definition(value);
      case "BEFORE_CREATED_AT" -> new JobListing.CreatedBefore(instant(filter, value));
      case "AFTER_CREATED_AT" -> new JobListing.CreatedAfter(instant(filter, value));
      default -> new JobListing.ShareIdentifier(value);
    };
  }

  /** The one value of a filter whose name is known; letter case counts in names. */
  static String value(Members filter, List<String> known) {
    String name = filter.requiredText("name");
    if (!known.contains(name)) {
      throw PrefixedRefusal.of(
          "%s is %s; it should be one of %s.".formatted(filter.path("name"), name, known));
    }
    List<String> values = filter.texts("values");
    if (values.size() != 1 || values.getFirst().isEmpty()) {
      throw PrefixedRefusal.of("The filter %s takes exactly one value.".formatted(name));
    }
    return values.getFirst();
  }

  /** A name stands for all its revisions, a {@code *} at the end for every name that begins so. */
  private JobListing.Filter definition(String value) {
    String prefix = arns.jobDefinition("");
    if (value.startsWith("arn:")) {
      if (value.contains("*") || !value.startsWith(prefix)) {
        throw PrefixedRefusal.of(
            "The filter JOB_DEFINITION is %s; an ARN should begin with %s and hold no *."
                .formatted(value, prefix));
      }
      return new JobListing.JobDefinition(value, false);
    }
    return value.endsWith("*")
        ? new JobListing.JobDefinition(prefix + value.substring(0, value.length() - 1), true)
        : new JobListing.JobDefinition(prefix + value + ":", true);
  }

  private static Instant instant(Members filter, String value) {
    if (!value.matches("[0-9]{1,15}")) {
      throw PrefixedRefusal.of(
          "The filter %s is %s; it should be a number of milliseconds since 1970."
              .formatted(filter.requiredText("name"), value));
    }
    return Instant.ofEpochMilli(Long.parseLong(value));
  }

  private static JobStatus status(String value) {
    return Arrays.stream(JobStatus.values())
        .filter(s -> s.name().equals(value))
        .findFirst()
        .orElseThrow(
            () ->
                PrefixedRefusal.of(
                    "The filter JOB_STATUS is %s; it should be one of %s."
                        .formatted(value, List.of(JobStatus.values()))));
  }
}
