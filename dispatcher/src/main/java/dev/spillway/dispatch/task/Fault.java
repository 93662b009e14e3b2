package dev.spillway.dispatch.task;

/**
 * One thing wrong with a document.
 *
 * @param field where, {@code tasks[2].memory}
 * @param value as given, shortened; empty when it is absent
 * @param message names the value, the rule and the way out
 */
public record Fault(String field, String value, String message) {

  Fault under(String parent) {
    return new Fault(
        field.isEmpty() ? parent : parent + "." + field, value, parent + "." + message);
  }
}
