package dev.spillway.batch.logs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Terms that a line must have: each that stands alone, one of those after a {@code ?}, none of
 * those after a {@code -}; a term in quotation marks may hold blanks. Letters are told apart by
 * case.
 *
 * <p>Source: CloudWatch Logs user guide, filter pattern syntax for unstructured log events.
 */
final class FilterPattern {
  private static final Pattern TERM =
      Pattern.compile("([-?]?)(?:\"((?:[^\"\\\\]|\\\\.)*)\"|(\\S+))");

  private final List<String> all = new ArrayList<>();
  private final List<String> any = new ArrayList<>();
  private final List<String> none = new ArrayList<>();

  private FilterPattern() {}

  /**
   * Reads a pattern; an empty one lets every line pass.
   *
   * @throws LogsException for one that looks into JSON or fields, which is not known here
   */
  static FilterPattern parse(String text) {
    var pattern = new FilterPattern();
    String stripped = text.strip();
    if (stripped.startsWith("{") || stripped.startsWith("[") || stripped.startsWith("%")) {
      throw LogsException.invalid(
          "filterPattern %s: patterns of JSON, of fields and of regular expressions are not known here; give terms, such as ERROR \"exit code\" -DEBUG."
              .formatted(text));
    }
    Matcher terms = TERM.matcher(stripped);
    while (terms.find()) {
      String term =
          terms.group(2) != null ? terms.group(2).replaceAll("\\\\(.)", "$1") : terms.group(3);
      switch (terms.group(1)) {
        case "-" -> pattern.none.add(term);
        case "?" -> pattern.any.add(term);
        default -> pattern.all.add(term);
      }
    }
    return pattern;
  }

  boolean matches(String line) {
    return all.stream().allMatch(line::contains)
        && none.stream().noneMatch(line::contains)
        && (any.isEmpty() || any.stream().anyMatch(line::contains));
  }
}
