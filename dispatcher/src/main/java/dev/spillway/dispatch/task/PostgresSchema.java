package dev.spillway.dispatch.task;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Properties;

/**
 * A schema of a PostgreSQL database that keeps tasks.
 *
 * @param url {@code jdbc:postgresql://HOST[:PORT]/DATABASE}
 * @param name of the schema; made when it is not there and the user may
 */
public record PostgresSchema(
    String url, Optional<String> user, Optional<String> password, String name) {
  private static final int MOST_BYTES = 63;

  /**
   * Refuses names that the database would cut.
   *
   * @throws IllegalArgumentException names the schema and the way out
   */
  public PostgresSchema {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MOST_BYTES) {
      throw new IllegalArgumentException(
          "store.url: the schema \"%s\" for tasks has a name of %d bytes; PostgreSQL allows %d. Give currentSchema a shorter name."
              .formatted(name, bytes, MOST_BYTES));
    }
  }

  /**
   * The schema of an account and region, beside the one that the URL names: {@code
   * spillway_tasks_123456789012_us_east_1}, or {@code x_tasks_...} with {@code ?currentSchema=x}.
   * So what the Batch engine keeps at the same URL is never in the way, and the tasks of one region
   * are never taken up by the server of another.
   */
  public static PostgresSchema of(
      String url, Optional<String> user, Optional<String> password, String account, String region) {
    Properties properties = org.postgresql.Driver.parseURL(url, null);
    String beside =
        Optional.ofNullable(properties)
            .map(p -> p.getProperty("currentSchema"))
            .map(path -> path.split(",")[0].strip())
            .filter(first -> !first.isEmpty())
            .orElse("spillway");
    return new PostgresSchema(
        url, user, password, beside + "_tasks_" + account + "_" + region.replace('-', '_'));
  }

  /** Without the password, and without what follows the database's name. */
  @Override
  public String toString() {
    return url.replaceFirst("\\?.*", "") + " schema " + name;
  }
}
