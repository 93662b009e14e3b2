package dev.spillway.dispatch.config;

/** A setting that stops the start; the message names key, value and rule. */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConfigurationException(String message) {
    super(message);
  }
}
