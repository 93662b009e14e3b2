package dev.spillway.dispatch.fallback;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Tells causes apart by what was seen. The first entry that matches decides; none means that the
 * code itself failed.
 */
public record CauseTable(List<Entry> entries) {
  public CauseTable {
    entries = List.copyOf(entries);
  }

  /** What an entry looks at; the words are those of the table's file. */
  public enum Field {
    ERROR_TYPE("errorType"),
    MESSAGE("message"),
    EXIT_CODE("exitCode"),
    STATUS_REASON("statusReason"),
    REASON("reason"),
    HTTP_STATUS("httpStatus");

    private final String word;

    Field(String word) {
      this.word = word;
    }

    Optional<String> of(Failure failure) {
      return switch (this) {
        case ERROR_TYPE -> failure.errorType();
        case MESSAGE -> failure.message();
        case EXIT_CODE -> text(failure.exitCode());
        case STATUS_REASON -> failure.statusReason();
        case REASON -> failure.reason();
        case HTTP_STATUS -> text(failure.httpStatus());
      };
    }

    private static Optional<String> text(OptionalInt number) {
      return number.isPresent()
          ? Optional.of(Integer.toString(number.getAsInt()))
          : Optional.empty();
    }
  }

  /** One line of the table. */
  public record Entry(Cause cause, Field field, String pattern) {}

  /**
   * Reads the table's text: a cause, a field and a pattern on a line; {@code #} starts a comment.
   *
   * @throws IllegalArgumentException names the line that cannot be read
   */
  public static CauseTable read(List<String> lines) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] words = line.split("\\s+", 3);
      Optional<Cause> cause = Cause.of(words[0]);
      Optional<Field> field =
          words.length < 2
              ? Optional.empty()
              : Arrays.stream(Field.values()).filter(f -> f.word.equals(words[1])).findFirst();
      if (words.length < 3 || cause.isEmpty() || field.isEmpty()) {
        throw new IllegalArgumentException(
            "causes, line "
                + (i + 1)
                + ": \""
                + line
                + "\" is not a cause, a field and a pattern; known causes are "
                + String.join(", ", Arrays.stream(Cause.values()).map(Cause::word).toList())
                + ", known fields "
                + String.join(", ", Arrays.stream(Field.values()).map(f -> f.word).toList())
                + ".");
      }
      entries.add(new Entry(cause.get(), field.get(), words[2]));
    }
    return new CauseTable(entries);
  }

  /** The cause of a failure. */
  public Cause classify(Failure failure) {
    return deciding(failure).map(Entry::cause).orElse(Cause.APPLICATION);
  }

  /** The entry that decides; empty when none knows the failure. */
  public Optional<Entry> deciding(Failure failure) {
    return entries.stream()
        .filter(
            e -> e.field().of(failure).map(text -> Glob.matches(e.pattern(), text)).orElse(false))
        .findFirst();
  }
}
