package dev.spillway.lambda.function;

import java.util.Optional;

/** Port: which runtimes this host can run. */
public interface Runtimes {

  /**
   * Why functions of a runtime cannot run here, and what to install; empty when they can.
   *
   * @param runtime a known identifier: {@code python3.12}, {@code java25} ...
   */
  Optional<String> obstacle(String runtime);
}
