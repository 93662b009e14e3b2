package dev.spillway.batch.api.wire;

import dev.spillway.batch.Arns;
import dev.spillway.batch.api.BatchApiException;

/** Reads "name or ARN" members. An ARN of another account or region is nobody's here. */
public final class Names {
  private Names() {}

  /**
   * The name in {@code nameOrArn}.
   *
   * @param kind {@code job-queue}, {@code compute-environment}, ...
   */
  public static String of(String nameOrArn, String kind, Arns arns) {
    String name = nameOrArn;
    if (nameOrArn.startsWith("arn:")) {
      String prefix = arns.batch(kind + "/");
      if (!nameOrArn.startsWith(prefix)) {
        throw BatchApiException.client(
            "%s is not a %s of this account and region; those begin with %s."
                .formatted(nameOrArn, kind.replace('-', ' '), prefix));
      }
      name = nameOrArn.substring(prefix.length());
    }
    if (!name.matches("[a-zA-Z_0-9-]{1,128}")) {
      throw BatchApiException.client(
          "Provided name %s is not supported pattern[a-zA-Z_0-9-]{1,128}".formatted(name));
    }
    return name;
  }

  /** A job's id in an id or an ARN. */
  public static String jobId(String idOrArn, Arns arns) {
    String prefix = arns.batch("job/");
    return idOrArn.startsWith(prefix) ? idOrArn.substring(prefix.length()) : idOrArn;
  }
}
