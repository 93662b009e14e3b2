package dev.spillway.dispatch.task;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;

/**
 * A place in the list: the task that a page ended with.
 *
 * @param createdAt epoch milliseconds
 * @param sequence among tasks of the same millisecond
 */
record PageToken(long createdAt, long sequence) implements Comparable<PageToken> {
  private static final String VERSION = "t2";

  private static final Comparator<PageToken> ORDER =
      Comparator.comparingLong(PageToken::createdAt).thenComparingLong(PageToken::sequence);

  @Override
  public int compareTo(PageToken other) {
    return ORDER.compare(this, other);
  }

  String text() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(
            (VERSION + ":" + createdAt + ":" + sequence).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads a token.
   *
   * @throws RefusedException for a token that is none of ours
   */
  static PageToken of(String token) {
    try {
      String[] parts =
          new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8).split(":");
      if (parts.length == 3 && parts[0].equals(VERSION)) {
        return new PageToken(Long.parseLong(parts[1]), Long.parseLong(parts[2]));
      }
    } catch (IllegalArgumentException _) {
      // told below
    }
    throw RefusedException.invalid(
        "nextToken", "", "nextToken: this is not a token of an earlier answer.");
  }
}
