package dev.spillway.dispatch.fallback;

import java.util.List;

/** What a step came to. */
public record Step(Journey journey, List<Effect> effects) {
  public Step {
    effects = List.copyOf(effects);
  }
}
