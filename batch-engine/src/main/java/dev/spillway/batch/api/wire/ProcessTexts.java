package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import java.util.List;

/**
 * Texts that become arguments and environment of a process. An operating system ends each at its
 * first zero byte and a variable's name at its first {@code =}: what has one cannot arrive as it
 * was given.
 */
final class ProcessTexts {
  private ProcessTexts() {}

  /** The name of one element of {@code environment}. */
  static String variableName(Members variable) {
    String name =
        variable
            .text("name")
            .orElseThrow(() -> PrefixedRefusal.of(variable.path("name") + " is required."));
    if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
      throw PrefixedRefusal.of(
          "%s is %s; the name of a variable has at least one character and neither = nor a zero byte."
              .formatted(variable.path("name"), Json.shown(name)));
    }
    return name;
  }

  /** Any other text. */
  static void check(String path, String text) {
    if (text.indexOf('\0') >= 0) {
      throw PrefixedRefusal.of(
          "%s is %s; it should have no zero byte.".formatted(path, Json.shown(text)));
    }
  }

  static void checkAll(String path, List<String> texts) {
    for (int i = 0; i < texts.size(); i++) {
      check("%s[%d]".formatted(path, i), texts.get(i));
    }
  }
}
