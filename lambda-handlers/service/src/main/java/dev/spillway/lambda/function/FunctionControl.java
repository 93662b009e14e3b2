package dev.spillway.lambda.function;

import dev.spillway.lambda.LambdaSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Functions and their versions: created, changed, published, deleted.
 *
 * <p>Errors: 400 for what a function must not be, 404, 409 for what is there already or still
 * needed, 412 for a RevisionId that is not the present one. What is refused changes nothing and
 * leaves nothing. Source: AWS Lambda API 2015-03-31.
 */
public final class FunctionControl {
  private static final Logger LOG = LoggerFactory.getLogger(FunctionControl.class);

  /** A function is one row of the store, which every change writes whole. */
  private static final int VERSIONS_MAX = 1_000;

  private final LambdaSettings settings;
  private final FunctionPorts ports;
  private final FunctionRegistry registry;
  private final CodeStore codeStore;

  FunctionControl(
      LambdaSettings settings,
      FunctionPorts ports,
      FunctionRegistry registry,
      CodeStore codeStore) {
    this.settings = settings;
    this.ports = ports;
    this.registry = registry;
    this.codeStore = codeStore;
  }

  /**
   * A change of a function's code.
   *
   * @param architecture empty: as it was
   * @param revisionId the one that the caller means to change
   */
  public record CodeUpdate(
      CodeSource code,
      Optional<String> architecture,
      boolean publish,
      boolean dryRun,
      Optional<String> revisionId) {}

  /** What a caller says of a version to publish. */
  public record Publication(
      Optional<String> description, Optional<String> codeSha256, Optional<String> revisionId) {
    static final Publication PLAIN =
        new Publication(Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** The plain name in any form that CreateFunction takes: a name, or an ARN of this account. */
  public String nameToCreate(String text) {
    FunctionName name = FunctionName.parse(text);
    if (name.qualifier().isPresent()
        || name.region().filter(region -> !region.equals(settings.region())).isPresent()
        || name.account().filter(account -> !account.equals(settings.account())).isPresent()) {
      throw invalid(
          "FunctionName is "
              + text
              + "; a new function needs a plain name, or an ARN that begins with "
              + FunctionName.arn(settings.region(), settings.account(), "")
              + " and has no qualifier");
    }
    return name.name();
  }

  /**
   * Creates a function.
   *
   * @param wanted its {@code code} is not looked at: it comes from {@code source}
   * @return what was made: {@code $LATEST}, or version 1 when it is to be published
   */
  public Revision create(FunctionConfiguration wanted, CodeSource source, boolean publish) {
    String name = wanted.functionName();
    Fetched fetched = fetch(source);
    synchronized (registry) {
      if (registry.find(name).isPresent()) {
        throw new LambdaException(
            "ResourceConflictException", 409, "Function already exist: " + name);
      }
      try {
        FunctionConfiguration configuration = placed(wanted, fetched, wanted.architecture());
        FunctionRecord created =
            FunctionRecord.of(revision(configuration.ofOneVersion(), fetched.image()))
                .withReserved(wanted.reservedConcurrency())
                .withTags(wanted.tags());
        if (publish) {
          created = published(created, Publication.PLAIN);
        }
        registry.save(created);
        log(created, "created");
        return publish ? created.newestVersion().orElseThrow() : created.latest();
      } catch (RuntimeException e) {
        registry.tidy(name);
        throw e;
      }
    }
  }

  /** Bytes of an archive, or an image. */
  private record Fetched(Optional<byte[]> archive, Optional<FunctionImages.Image> image) {}

  private Fetched fetch(CodeSource source) {
    return switch (source) {
      case CodeSource.Zip(byte[] archive) -> new Fetched(Optional.of(archive), Optional.empty());
      case CodeSource.S3(String bucket, String key) -> {
        Optional<byte[]> object = ports.objects().read(bucket, key);
        if (object.isEmpty()) {
          throw invalid(
              "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: s3://"
                  + bucket
                  + "/"
                  + key
                  + " does not exist. Upload it to this server's S3, or give the code as ZipFile");
        }
        yield new Fetched(object, Optional.empty());
      }
      case CodeSource.Image(String uri) ->
          new Fetched(Optional.empty(), Optional.of(ports.images().find(uri)));
    };
  }

  /** The configuration with its code at the place where it is kept. */
  private FunctionConfiguration placed(
      FunctionConfiguration wanted, Fetched fetched, String architecture) {
    FunctionRules.checkName(wanted.functionName());
    Path code =
        fetched
            .archive()
            .map(archive -> codeStore.keepArchive(wanted.functionName(), archive))
            .orElseGet(() -> codeStore.noCode(wanted.functionName()));
    return wanted.withCode(code, architecture, fetched.image().map(FunctionImages.Image::uri));
  }

  private CodeStore.Code code(
      FunctionConfiguration function, Optional<FunctionImages.Image> image) {
    return image
        .map(found -> codeStore.ofImage(found, function.functionName()))
        .orElseGet(() -> codeStore.unpack(function));
  }

  private Revision revision(
      FunctionConfiguration configuration, Optional<FunctionImages.Image> image) {
    FunctionRules.check(configuration, ports.runtimes());
    FunctionRules.checkCode(configuration);
    CodeStore.Code code = code(configuration, image);
    return new Revision(
        configuration,
        FunctionName.LATEST,
        FunctionName.arn(settings.region(), settings.account(), configuration.functionName()),
        code.taskRoot(),
        code.sha256(),
        code.size(),
        ports.clock().instant(),
        ports.ids().get());
  }

  /** Replaces the code; a dry run only says what would come of it. */
  public Revision updateCode(String functionName, CodeUpdate update) {
    FunctionName wanted = unqualified(functionName);
    Fetched fetched = fetch(update.code());
    synchronized (registry) {
      FunctionRecord before = registry.function(wanted);
      checkRevision(before.latest().revisionId(), update.revisionId());
      FunctionConfiguration old = before.latest().configuration();
      if (old.details().imageUri().isPresent() != fetched.image().isPresent()) {
        throw invalid(
            "The code of function "
                + before.name()
                + " has package type "
                + (fetched.image().isPresent() ? "Zip; give ZipFile or S3Bucket" : "Image")
                + ". The package type of a function cannot be changed; create another one");
      }
      try {
        Revision latest =
            revision(
                placed(old, fetched, update.architecture().orElse(old.architecture())),
                fetched.image());
        FunctionRecord after = before.with(latest);
        if (update.publish()) {
          after = published(after, Publication.PLAIN);
        }
        if (!update.dryRun()) {
          registry.save(after);
          log(after, "code updated");
        }
        return update.publish() ? after.newestVersion().orElseThrow() : after.latest();
      } finally {
        registry.tidy(wanted.name());
      }
    }
  }

  /** Changes the configuration; the code stays. */
  public Revision updateConfiguration(
      String functionName,
      UnaryOperator<FunctionConfiguration> change,
      Optional<String> revisionId) {
    return registry
        .change(
            unqualified(functionName),
            before -> {
              Revision latest = before.latest();
              checkRevision(latest.revisionId(), revisionId);
              FunctionConfiguration changed = change.apply(latest.configuration());
              FunctionRules.check(changed, ports.runtimes());
              return before.with(
                  new Revision(
                      changed,
                      FunctionName.LATEST,
                      latest.arn(),
                      latest.taskRoot(),
                      latest.codeSha256(),
                      latest.codeSize(),
                      ports.clock().instant(),
                      ports.ids().get()));
            })
        .latest();
  }

  /** Publishes {@code $LATEST}; what is the same as the newest version is that version. */
  public Revision publish(String functionName, Publication publication) {
    return registry
        .change(
            unqualified(functionName),
            before -> {
              checkRevision(before.latest().revisionId(), publication.revisionId());
              String sha256 = before.latest().codeSha256();
              if (publication.codeSha256().filter(given -> !given.equals(sha256)).isPresent()) {
                throw invalid(
                    "CodeSHA256 ("
                        + publication.codeSha256().get()
                        + ") is different from current CodeSHA256 in $LATEST ("
                        + sha256
                        + "). Please try again with the CodeSHA256 in $LATEST.");
              }
              return published(before, publication);
            })
        .newestVersion()
        .orElseThrow();
  }

  private FunctionRecord published(FunctionRecord function, Publication publication) {
    Revision latest = function.latest();
    Optional<Revision> newest = function.newestVersion();
    if (newest.isPresent() && sameBesidesDescription(newest.get(), latest)) {
      return function;
    }
    if (function.versions().size() >= VERSIONS_MAX) {
      throw new LambdaException(
          "CodeStorageExceededException",
          400,
          "Function "
              + function.name()
              + " has "
              + VERSIONS_MAX
              + " versions, the most that are kept; delete some with DeleteFunction and Qualifier");
    }
    int number = function.lastVersion() + 1;
    String description =
        publication.description().orElse(latest.configuration().details().description());
    List<Revision> versions = new ArrayList<>(function.versions());
    versions.add(latest.published(Integer.toString(number), ports.ids().get(), description));
    return function.withVersions(versions, number);
  }

  private static boolean sameBesidesDescription(Revision published, Revision latest) {
    String description = published.configuration().details().description();
    return published.sameAs(
        latest.published("", "", description).configuration(), latest.codeSha256());
  }

  /** Deletes a function with all that belongs to it, or one version. */
  public void delete(String functionName) {
    FunctionName wanted = FunctionName.parse(functionName);
    if (wanted.qualifier().isEmpty()) {
      registry.delete(wanted);
      LOG.info("function={} deleted", wanted.name());
      return;
    }
    String qualifier = wanted.qualifier().get();
    registry.change(
        wanted,
        before -> {
          if (qualifier.equals(FunctionName.LATEST)) {
            throw invalid(
                "$LATEST version cannot be deleted without deleting the function. Leave Qualifier"
                    + " out to delete function "
                    + before.name());
          }
          if (before.version(qualifier).isEmpty()) {
            throw FunctionRegistry.notFound(before.latest().arn() + ":" + qualifier);
          }
          Set<String> aliases = new TreeSet<>();
          before.aliases().values().stream()
              .filter(alias -> pointsTo(alias, qualifier))
              .forEach(alias -> aliases.add(alias.name()));
          if (!aliases.isEmpty()) {
            throw new LambdaException(
                "ResourceConflictException",
                409,
                "Unable to delete version because the following aliases reference it: " + aliases);
          }
          return before.withVersions(
              before.versions().stream().filter(v -> !v.version().equals(qualifier)).toList(),
              before.lastVersion());
        });
  }

  private static boolean pointsTo(FunctionAlias alias, String version) {
    return alias.version().equals(version)
        || alias.additional().filter(other -> other.version().equals(version)).isPresent();
  }

  /** See {@link FunctionService#put}. */
  boolean declare(FunctionConfiguration declared) {
    FunctionRules.check(declared, ports.runtimes());
    FunctionRules.checkCode(declared);
    String name = declared.functionName();
    Optional<FunctionImages.Image> image = declared.details().imageUri().map(ports.images()::find);
    synchronized (registry) {
      FunctionConfiguration configuration = ofOneVersion(declared);
      CodeStore.Code code = code(configuration, image);
      String digest = FunctionDocument.digest(declared, code.sha256());
      Optional<FunctionRecord> present = registry.find(name);
      if (present.flatMap(FunctionRecord::templateDigest).filter(digest::equals).isPresent()) {
        registry.tidy(name);
        return false;
      }
      boolean same =
          present.filter(p -> p.latest().sameAs(configuration, code.sha256())).isPresent();
      Revision latest = same ? present.get().latest() : revision(configuration, image);
      FunctionRecord applied =
          present
              .map(before -> before.with(latest))
              .orElseGet(() -> FunctionRecord.of(latest))
              .withReserved(declared.reservedConcurrency())
              .withTags(declared.tags());
      registry.save(withEvents(applied, declared).appliedFrom(digest));
      log(applied, present.isEmpty() ? "created" : "replaced");
      return true;
    }
  }

  private FunctionConfiguration ofOneVersion(FunctionConfiguration declared) {
    FunctionConfiguration version = declared.ofOneVersion();
    Optional<String> image = declared.details().imageUri();
    return image.isEmpty()
        ? version
        : version.withCode(
            codeStore.noCode(declared.functionName()), declared.architecture(), image);
  }

  private FunctionRecord withEvents(FunctionRecord applied, FunctionConfiguration declared) {
    var configs = new java.util.TreeMap<>(applied.eventInvoke());
    declared
        .eventInvoke()
        .ifPresentOrElse(
            config -> configs.put(FunctionName.LATEST, config.modified(ports.clock().instant())),
            () -> configs.remove(FunctionName.LATEST));
    return applied.withEventInvoke(configs);
  }

  private static void log(FunctionRecord function, String what) {
    FunctionConfiguration configuration = function.latest().configuration();
    LOG.info(
        "function={} {} runtime={} memoryMb={} timeoutSeconds={} codeBytes={}",
        function.name(),
        what,
        configuration.runtime(),
        configuration.memorySize(),
        configuration.timeout(),
        function.latest().codeSize());
  }

  private static FunctionName unqualified(String functionName) {
    FunctionName name = FunctionName.parse(functionName);
    if (name.qualifier().filter(q -> !q.equals(FunctionName.LATEST)).isPresent()) {
      throw invalid(
          "FunctionName is "
              + functionName
              + "; this operation changes $LATEST only. Leave the qualifier out");
    }
    return name;
  }

  static void checkRevision(String present, Optional<String> given) {
    if (given.isPresent() && !Objects.equals(present, given.get())) {
      throw new LambdaException(
          "PreconditionFailedException",
          412,
          "The Revision Id provided does not match the latest Revision Id. Call the"
              + " GetFunction/GetAlias API to retrieve the latest Revision Id");
    }
  }

  static LambdaException invalid(String message) {
    return new LambdaException("InvalidParameterValueException", 400, message);
  }

  /** See AWS Lambda API, PutFunctionConcurrency; empty takes the limit away. */
  public void reserve(String functionName, OptionalInt reserved) {
    registry.change(unqualified(functionName), before -> before.withReserved(reserved));
  }
}
