package dev.spillway.lambda.function;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a function carries beyond what its environments are made from.
 *
 * @param role ARN as given; no role is assumed here
 * @param imageUri the container image of a function of package type Image
 * @param deadLetter {@link Destination} that gets events whose attempts all failed
 * @param kept members that change nothing here, by name, with their JSON exactly as given
 */
public record FunctionDetails(
    String description,
    String role,
    Optional<String> imageUri,
    Optional<String> deadLetter,
    Map<String, String> kept) {

  public static final FunctionDetails NONE =
      new FunctionDetails("", "", Optional.empty(), Optional.empty(), Map.of());

  /** Sorted, so that equal details print and compare alike. */
  public FunctionDetails {
    kept = java.util.Collections.unmodifiableMap(new TreeMap<>(kept));
  }

  public FunctionDetails withDeadLetter(Optional<String> target) {
    return new FunctionDetails(description, role, imageUri, target, kept);
  }
}
