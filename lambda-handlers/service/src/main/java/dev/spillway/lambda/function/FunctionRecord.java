package dev.spillway.lambda.function;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A function with all that belongs to it; one row of the store, so that it is whole or absent.
 *
 * @param versions published ones, oldest first
 * @param lastVersion the highest number that was ever given; a deleted one is not given again
 * @param eventInvoke by qualifier
 * @param policies by qualifier, the function's own under ""
 * @param templateDigest of what the template last applied; empty when no template did
 */
public record FunctionRecord(
    Revision latest,
    List<Revision> versions,
    int lastVersion,
    SortedMap<String, FunctionAlias> aliases,
    OptionalInt reservedConcurrency,
    SortedMap<String, String> tags,
    SortedMap<String, EventInvokeConfig> eventInvoke,
    SortedMap<String, FunctionPolicy> policies,
    Optional<String> templateDigest) {

  /** A new one, with nothing but its code. */
  static FunctionRecord of(Revision latest) {
    return new FunctionRecord(
        latest,
        List.of(),
        0,
        new TreeMap<>(),
        OptionalInt.empty(),
        new TreeMap<>(),
        new TreeMap<>(),
        new TreeMap<>(),
        Optional.empty());
  }

  public String name() {
    return latest.functionName();
  }

  /** The version of this number, or {@code $LATEST}. */
  public Optional<Revision> version(String version) {
    return version.equals(FunctionName.LATEST)
        ? Optional.of(latest)
        : versions.stream().filter(one -> one.version().equals(version)).findFirst();
  }

  Optional<Revision> newestVersion() {
    return versions.isEmpty() ? Optional.empty() : Optional.of(versions.getLast());
  }

  /** All that calls may still reach. */
  Set<Revision> living() {
    Set<Revision> living = new HashSet<>(versions);
    living.add(latest);
    return living;
  }

  Set<Path> taskRoots() {
    Set<Path> roots = new HashSet<>();
    living().forEach(revision -> roots.add(revision.taskRoot()));
    return roots;
  }

  FunctionRecord with(Revision newLatest) {
    return new FunctionRecord(
        newLatest,
        versions,
        lastVersion,
        aliases,
        reservedConcurrency,
        tags,
        eventInvoke,
        policies,
        templateDigest);
  }

  FunctionRecord withVersions(List<Revision> newVersions, int highest) {
    return new FunctionRecord(
        latest,
        List.copyOf(newVersions),
        highest,
        aliases,
        reservedConcurrency,
        tags,
        eventInvoke,
        policies,
        templateDigest);
  }

  FunctionRecord withAliases(Map<String, FunctionAlias> newAliases) {
    return new FunctionRecord(
        latest,
        versions,
        lastVersion,
        new TreeMap<>(newAliases),
        reservedConcurrency,
        tags,
        eventInvoke,
        policies,
        templateDigest);
  }

  FunctionRecord withReserved(OptionalInt reserved) {
    return new FunctionRecord(
        latest,
        versions,
        lastVersion,
        aliases,
        reserved,
        tags,
        eventInvoke,
        policies,
        templateDigest);
  }

  FunctionRecord withTags(Map<String, String> newTags) {
    return new FunctionRecord(
        latest,
        versions,
        lastVersion,
        aliases,
        reservedConcurrency,
        new TreeMap<>(newTags),
        eventInvoke,
        policies,
        templateDigest);
  }

  FunctionRecord withEventInvoke(Map<String, EventInvokeConfig> configs) {
    return new FunctionRecord(
        latest,
        versions,
        lastVersion,
        aliases,
        reservedConcurrency,
        tags,
        new TreeMap<>(configs),
        policies,
        templateDigest);
  }

  FunctionRecord withPolicies(Map<String, FunctionPolicy> newPolicies) {
    return new FunctionRecord(
        latest,
        versions,
        lastVersion,
        aliases,
        reservedConcurrency,
        tags,
        eventInvoke,
        new TreeMap<>(newPolicies),
        templateDigest);
  }

  FunctionRecord appliedFrom(String digest) {
    return new FunctionRecord(
        latest,
        versions,
        lastVersion,
        aliases,
        reservedConcurrency,
        tags,
        eventInvoke,
        policies,
        Optional.of(digest));
  }
}
