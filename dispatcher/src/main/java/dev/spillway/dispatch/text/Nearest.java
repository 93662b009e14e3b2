package dev.spillway.dispatch.text;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds the word that was probably meant. */
public final class Nearest {
  private static final int COMPARED = 64;

  private Nearest() {}

  /** The known word with the fewest letters to change. */
  public static String to(String word, List<String> known) {
    return known.stream().min(Comparator.comparingInt(k -> changes(word, k))).orElseThrow();
  }

  /** The same, if at most half of its letters have to change: what is further off helps nobody. */
  public static Optional<String> closeTo(String word, List<String> known) {
    return Optional.of(to(word, known)).filter(k -> 2 * changes(word, k) <= k.length());
  }

  private static int changes(String word, String known) {
    String given = word.substring(0, Math.min(word.length(), COMPARED)).toLowerCase(Locale.ROOT);
    return distance(given, known.toLowerCase(Locale.ROOT));
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
