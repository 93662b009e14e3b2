package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Pages;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.store.JobListing;
import dev.spillway.batch.store.Journal;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/** Pages of jobs, newest first. A token holds for the listing that gave it. */
final class JobPages {
  private JobPages() {}

  /** Hands the jobs of one page to {@code add}, and puts the token of the next into the answer. */
  static void of(
      Journal journal, Members request, JobListing listing, ObjectNode answer, Consumer<Job> add) {
    String scope = listing.scope() + " " + listing.status() + " " + listing.filter();
    List<Job> jobs =
        journal.list(
            new JobListing(
                listing.scope(),
                listing.status(),
                listing.filter(),
                Pages.position(request, scope).map(JobPages::cursor),
                listing.limit() + 1));
    jobs.stream().limit(listing.limit()).forEach(add);
    if (jobs.size() > listing.limit()) {
      Job last = jobs.get(listing.limit() - 1);
      answer.put(
          "nextToken",
          Pages.token(scope, last.spec().createdAt().toEpochMilli() + " " + last.id()));
    }
  }

  private static JobListing.Cursor cursor(String position) {
    int space = position.indexOf(' ');
    try {
      return new JobListing.Cursor(
          Instant.ofEpochMilli(Long.parseLong(position.substring(0, space))),
          position.substring(space + 1));
    } catch (IndexOutOfBoundsException | NumberFormatException _) {
      throw PrefixedRefusal.of(
          "nextToken is not one that this call gave; repeat the call without it.");
    }
  }
}
