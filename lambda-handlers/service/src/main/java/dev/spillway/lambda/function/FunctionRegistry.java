package dev.spillway.lambda.function;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.FunctionCatalogue.Described;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * The functions there are, by name, and what a name with a qualifier means.
 *
 * <p>Shape: readers see whole records and take no lock; changes come one at a time, are on disk
 * before anyone sees them, and then end the environments and the code that nobody can reach any
 * more.
 */
final class FunctionRegistry {
  private final LambdaSettings settings;
  private final FunctionStore store;
  private final Environments environments;
  private final CodeStore code;
  private final RandomGenerator random;
  private final Map<String, FunctionRecord> functions = new ConcurrentSkipListMap<>();

  FunctionRegistry(
      LambdaSettings settings, FunctionPorts ports, Environments environments, CodeStore code) {
    this.settings = settings;
    this.store = ports.store();
    this.environments = environments;
    this.code = code;
    this.random = ports.random();
    for (FunctionRecord function : store.load()) {
      code.restore(function);
      functions.put(function.name(), function);
      environments.keepOnly(function.name(), function.living());
    }
    if (store.complete()) {
      code.removeOrphans(Set.copyOf(functions.keySet()));
    }
  }

  /**
   * Finds a revision by any form of a name; of an alias with two versions its own.
   *
   * @throws LambdaException 404
   */
  Described describe(String functionName) {
    return described(functionName, FunctionAlias::version);
  }

  /** The same for a call: of an alias with two versions one by chance. */
  Described forCall(String functionName) {
    return described(functionName, this::chosen);
  }

  private Described described(String functionName, Function<FunctionAlias, String> versionOf) {
    FunctionName wanted = FunctionName.parse(functionName);
    FunctionRecord function = function(wanted);
    String arn = function.latest().arn();
    if (wanted.qualifier().isEmpty()) {
      return new Described(function, function.latest(), arn);
    }
    String qualifier = wanted.qualifier().get();
    FunctionAlias alias = function.aliases().get(qualifier);
    String version = alias == null ? qualifier : versionOf.apply(alias);
    Revision revision =
        function.version(version).orElseThrow(() -> notFound(arn + ":" + qualifier));
    return new Described(function, revision, arn + ":" + qualifier);
  }

  private String chosen(FunctionAlias alias) {
    return alias
        .additional()
        .filter(other -> random.nextDouble() < other.share())
        .map(FunctionAlias.Weight::version)
        .orElse(alias.version());
  }

  /**
   * Finds a function by any form of a name, whatever its qualifier.
   *
   * @throws LambdaException 404
   */
  FunctionRecord function(FunctionName wanted) {
    boolean ours =
        wanted.region().map(settings.region()::equals).orElse(true)
            && wanted.account().map(settings.account()::equals).orElse(true);
    FunctionRecord function = functions.get(wanted.name());
    if (function == null || !ours) {
      String arn =
          FunctionName.arn(
              wanted.region().orElse(settings.region()),
              wanted.account().orElse(settings.account()),
              wanted.name());
      throw notFound(arn + wanted.qualifier().map(q -> ":" + q).orElse(""));
    }
    return function;
  }

  static LambdaException notFound(String arn) {
    return new LambdaException("ResourceNotFoundException", 404, "Function not found: " + arn);
  }

  Optional<FunctionRecord> find(String plainName) {
    return Optional.ofNullable(functions.get(plainName));
  }

  List<FunctionRecord> all() {
    return List.copyOf(functions.values());
  }

  /** A change of one function, which must exist; what it throws changes nothing. */
  synchronized FunctionRecord change(FunctionName wanted, UnaryOperator<FunctionRecord> change) {
    FunctionRecord before = function(wanted);
    FunctionRecord after = change.apply(before);
    if (after != before) {
      save(after);
    }
    return after;
  }

  /** Must be called with this registry's monitor held, so that nobody changes it meanwhile. */
  void save(FunctionRecord function) {
    store.save(function);
    functions.put(function.name(), function);
    environments.keepOnly(function.name(), function.living());
    tidy(function.name());
  }

  synchronized void delete(FunctionName wanted) {
    String name = function(wanted).name();
    store.delete(name);
    functions.remove(name);
    environments.keepOnly(name, Set.of());
    tidy(name);
  }

  /** Deletes code of this function that neither a version nor an environment uses. */
  void tidy(String name) {
    Set<java.nio.file.Path> inUse = new HashSet<>(environments.taskRootsInUse());
    find(name).ifPresent(function -> inUse.addAll(function.taskRoots()));
    code.prune(name, inUse);
  }
}
