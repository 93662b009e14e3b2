package dev.spillway.lambda.function;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Aliases of functions. Each change makes a new RevisionId.
 *
 * <p>Errors: 400, 404, 409, 412 as for functions. Source: AWS Lambda API 2015-03-31, CreateAlias,
 * UpdateAlias, DeleteAlias.
 */
public final class AliasControl {
  private static final int ALIASES_MAX = 1_000;

  private final FunctionRegistry registry;
  private final FunctionPorts ports;

  AliasControl(FunctionRegistry registry, FunctionPorts ports) {
    this.registry = registry;
    this.ports = ports;
  }

  /**
   * What a request says of an alias; empty members stay as they were.
   *
   * @param additional present and empty: all calls go to the alias' own version
   */
  public record Wish(
      Optional<String> version,
      Optional<String> description,
      Optional<Optional<FunctionAlias.Weight>> additional,
      Optional<String> revisionId) {}

  public FunctionAlias create(String functionName, String name, Wish wish) {
    checkName(name);
    return registry
        .change(
            FunctionName.parse(functionName),
            before -> {
              if (before.aliases().containsKey(name)) {
                throw new LambdaException(
                    "ResourceConflictException", 409, "Alias already exists: " + arn(before, name));
              }
              if (before.aliases().size() >= ALIASES_MAX) {
                throw FunctionControl.invalid(
                    "Function "
                        + before.name()
                        + " has "
                        + ALIASES_MAX
                        + " aliases, the most that are kept; delete some with DeleteAlias");
              }
              return with(
                  before,
                  new FunctionAlias(
                      name,
                      wish.version().orElseThrow(),
                      wish.description().orElse(""),
                      wish.additional().flatMap(weight -> weight),
                      ports.ids().get()));
            })
        .aliases()
        .get(name);
  }

  public FunctionAlias update(String functionName, String name, Wish wish) {
    return registry
        .change(
            FunctionName.parse(functionName),
            before -> {
              FunctionAlias old = find(before, name);
              FunctionControl.checkRevision(old.revisionId(), wish.revisionId());
              return with(
                  before,
                  new FunctionAlias(
                      name,
                      wish.version().orElse(old.version()),
                      wish.description().orElse(old.description()),
                      wish.additional().orElse(old.additional()),
                      ports.ids().get()));
            })
        .aliases()
        .get(name);
  }

  /** Harmless when there is no such alias, as on AWS. */
  public void delete(String functionName, String name) {
    registry.change(
        FunctionName.parse(functionName),
        before -> {
          if (!before.aliases().containsKey(name)) {
            return before;
          }
          Map<String, FunctionAlias> aliases = new TreeMap<>(before.aliases());
          aliases.remove(name);
          return before.withAliases(aliases);
        });
  }

  public FunctionAlias get(String functionName, String name) {
    return find(registry.function(FunctionName.parse(functionName)), name);
  }

  private static FunctionAlias find(FunctionRecord function, String name) {
    FunctionAlias alias = function.aliases().get(name);
    if (alias == null) {
      throw new LambdaException(
          "ResourceNotFoundException", 404, "Cannot find alias arn: " + arn(function, name));
    }
    return alias;
  }

  private static FunctionRecord with(FunctionRecord function, FunctionAlias alias) {
    checkVersion(function, alias.version());
    alias
        .additional()
        .ifPresent(
            other -> {
              checkVersion(function, other.version());
              if (alias.version().equals(FunctionName.LATEST)
                  || other.version().equals(FunctionName.LATEST)) {
                throw FunctionControl.invalid(
                    "$LATEST is not supported for an alias pointing to more than 1 version");
              }
              if (other.version().equals(alias.version())) {
                throw FunctionControl.invalid(
                    "RoutingConfig.AdditionalVersionWeights names version "
                        + other.version()
                        + ", which the alias points to already; name another one");
              }
            });
    Map<String, FunctionAlias> aliases = new TreeMap<>(function.aliases());
    aliases.put(alias.name(), alias);
    return function.withAliases(aliases);
  }

  private static void checkVersion(FunctionRecord function, String version) {
    if (function.version(version).isEmpty()) {
      throw FunctionRegistry.notFound(function.latest().arn() + ":" + version);
    }
  }

  private static void checkName(String name) {
    if (!name.matches("[a-zA-Z0-9-_]{1,128}") || name.matches("[0-9]+")) {
      throw FunctionControl.invalid(
          "Name of the alias is \""
              + name
              + "\"; it must be 1 to 128 letters, digits, - and _, and not a number only");
    }
  }

  static String arn(FunctionRecord function, String alias) {
    return function.latest().arn() + ":" + alias;
  }
}
