package dev.spillway.dispatch.stack;

import java.util.List;

/** A template that cannot be applied; every fault names logical id, property, value and rule. */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String[] faults;

  public TemplateException(String file, List<String> faults) {
    super(file + ": " + String.join("\n" + file + ": ", faults));
    this.faults = faults.toArray(String[]::new);
  }

  public List<String> faults() {
    return List.of(faults);
  }
}
