package dev.spillway.lambda.invoke;

import dev.spillway.lambda.function.CodeSource;
import dev.spillway.lambda.function.Destination;
import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionDetails;
import dev.spillway.lambda.function.FunctionSettings;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Requests that say what a function is. Members with a meaning here are acted on; those without are
 * checked, kept and answered; those that would change what runs and are not offered are refused.
 *
 * <p>Source: AWS Lambda API 2015-03-31, CreateFunction, UpdateFunctionConfiguration,
 * UpdateFunctionCode.
 */
final class FunctionRequests {
  static final Set<String> CREATE =
      names(
          "FunctionName Runtime Role Handler Code Description Timeout MemorySize Publish"
              + " VpcConfig PackageType DeadLetterConfig Environment KMSKeyArn TracingConfig"
              + " Tags Layers FileSystemConfigs ImageConfig CodeSigningConfigArn Architectures"
              + " EphemeralStorage SnapStart LoggingConfig CapacityProviderConfig DurableConfig"
              + " TenancyConfig PublishTo");
  static final Set<String> UPDATE =
      names(
          "Runtime Role Handler Description Timeout MemorySize VpcConfig Environment"
              + " DeadLetterConfig KMSKeyArn TracingConfig RevisionId Layers FileSystemConfigs"
              + " ImageConfig EphemeralStorage SnapStart LoggingConfig CapacityProviderConfig"
              + " DurableConfig");
  static final Set<String> CODE =
      names(
          "ZipFile S3Bucket S3Key S3ObjectVersion ImageUri Publish DryRun RevisionId Architectures"
              + " SourceKMSKeyArn PublishTo");

  private static final String ROLE = "arn:aws[a-zA-Z-]*:iam::\\d{12}:role/[a-zA-Z_0-9+=,.@/-]+";

  /** Set by the platform. Source: AWS Lambda Developer Guide, reserved environment variables. */
  private static final Set<String> RESERVED =
      names(
          "_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV"
              + " AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_MEMORY_SIZE"
              + " AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE"
              + " AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY"
              + " AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API"
              + " LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR");

  private static final Map<String, String> NOT_OFFERED =
      new TreeMap<>(
          Map.of(
              "Layers", "put the layers' files into the zip file",
              "FileSystemConfigs", "no file system can be mounted; use S3",
              "CodeSigningConfigArn", "signatures of code are not checked",
              "CapacityProviderConfig", "functions share this host; leave it out",
              "DurableConfig", "split the work into several functions, or run it as a Batch job",
              "TenancyConfig", "make one function a tenant"));

  private FunctionRequests() {}

  private static Set<String> names(String words) {
    return Set.of(words.split(" "));
  }

  static FunctionConfiguration create(Members request, String functionName) {
    refuseNotOffered(request);
    boolean image =
        request.matching("PackageType", "Zip|Image", "Zip or Image").orElse("Zip").equals("Image");
    request.needed("Role");
    if (!image) {
      request.needed("Runtime");
      request.needed("Handler");
    } else if (request.has("Runtime") || request.has("Handler")) {
      throw Members.invalid(
          "Runtime and Handler are not supported for a function of PackageType Image; leave them"
              + " out");
    }
    Map<String, String> tags = request.textMap("Tags").orElse(Map.of());
    FunctionSettings.checkTags(tags);
    FunctionConfiguration blank =
        new FunctionConfiguration(
            functionName,
            "",
            "",
            Path.of(""),
            3,
            128,
            512,
            architecture(request).orElse("x86_64"),
            Map.of(),
            OptionalInt.empty(),
            tags);
    return changed(blank, request, functionName);
  }

  /** A configuration with the members that a request has; the others stay. */
  static FunctionConfiguration changed(
      FunctionConfiguration before, Members request, String functionName) {
    refuseNotOffered(request);
    Optional<Map<String, String>> environment =
        request
            .object("Environment", "Variables")
            .map(e -> e.textMap("Variables").orElse(Map.of()));
    environment.ifPresent(FunctionRequests::checkReserved);
    return new FunctionConfiguration(
        functionName,
        request.text("Runtime").orElse(before.runtime()),
        request
            .matching("Handler", "\\S{1,128}", "at most 128 characters without blanks")
            .orElse(before.handler()),
        before.code(),
        request.whole("Timeout").orElse(before.timeout()),
        request.whole("MemorySize").orElse(before.memorySize()),
        request
            .object("EphemeralStorage", "Size")
            .map(storage -> storage.whole("Size"))
            .orElse(OptionalInt.empty())
            .orElse(before.ephemeralStorage()),
        before.architecture(),
        environment.orElse(before.environment()),
        before.reservedConcurrency(),
        before.tags(),
        details(before, request),
        before.eventInvoke());
  }

  private static FunctionDetails details(FunctionConfiguration before, Members request) {
    FunctionDetails old = before.details();
    Map<String, String> kept = new TreeMap<>(old.kept());
    Kept.read(request, kept);
    Optional<String> deadLetter = old.deadLetter();
    Optional<Members> config = request.object("DeadLetterConfig", "TargetArn");
    if (config.isPresent()) {
      deadLetter = config.get().text("TargetArn").filter(target -> !target.isEmpty());
      deadLetter.ifPresent(target -> Destination.parse("DeadLetterConfig.TargetArn", target));
    }
    return new FunctionDetails(
        request
            .matching("Description", "(?s).{0,256}", "at most 256 characters")
            .orElse(old.description()),
        request
            .matching("Role", ROLE, "the ARN of a role: arn:aws:iam::ACCOUNT:role/NAME")
            .orElse(old.role()),
        old.imageUri(),
        deadLetter,
        kept);
  }

  private static void checkReserved(Map<String, String> environment) {
    Set<String> used = new TreeSet<>(environment.keySet());
    used.retainAll(RESERVED);
    if (!used.isEmpty()) {
      throw Members.invalid(
          "Lambda was unable to configure your environment variables because the environment"
              + " variables you have provided contains reserved keys that are currently not"
              + " supported for modification. Reserved keys used in this request: "
              + String.join(", ", used));
    }
  }

  private static void refuseNotOffered(Members request) {
    NOT_OFFERED.forEach(
        (name, instead) -> {
          boolean empty =
              (name.equals("Layers") || name.equals("FileSystemConfigs"))
                  && request.isEmptyList(name);
          if (request.has(name) && !empty) {
            throw Members.invalid(name + " is not offered here: " + instead);
          }
        });
    if (request.text("PublishTo").filter(to -> !to.isEmpty()).isPresent()) {
      throw Members.invalid("PublishTo is not offered here: versions have numbers; leave it out");
    }
  }

  static Optional<String> architecture(Members request) {
    Optional<List<String>> given = request.texts("Architectures");
    if (given.isPresent() && given.get().size() != 1) {
      throw Members.invalid("Architectures is " + given.get() + "; it must be [x86_64] or [arm64]");
    }
    return given.map(List::getFirst);
  }

  /** Exactly one of ZipFile, S3Bucket with S3Key, ImageUri. */
  static CodeSource code(Members code) {
    boolean zip = code.has("ZipFile");
    boolean s3 = code.has("S3Bucket") || code.has("S3Key");
    boolean image = code.has("ImageUri");
    if ((zip ? 1 : 0) + (s3 ? 1 : 0) + (image ? 1 : 0) != 1) {
      throw Members.invalid(
          "The code must be given in exactly one way: ZipFile, S3Bucket and S3Key, or ImageUri");
    }
    if (image) {
      return new CodeSource.Image(code.needed("ImageUri"));
    }
    if (s3) {
      if (code.has("S3ObjectVersion")) {
        throw Members.invalid(
            "S3ObjectVersion is given, but objects here have no versions; leave it out");
      }
      return new CodeSource.S3(code.needed("S3Bucket"), code.needed("S3Key"));
    }
    try {
      return new CodeSource.Zip(Base64.getDecoder().decode(code.text("ZipFile").orElse("")));
    } catch (IllegalArgumentException e) {
      throw Members.invalid("ZipFile is not base64: " + e.getMessage());
    }
  }

  /** Members that change nothing here. */
  private static final class Kept {
    private Kept() {}

    static void read(Members request, Map<String, String> kept) {
      request
          .object("VpcConfig", "SubnetIds", "SecurityGroupIds", "Ipv6AllowedForDualStack")
          .ifPresent(
              vpc -> {
                vpc.texts("SubnetIds");
                vpc.texts("SecurityGroupIds");
                vpc.flag("Ipv6AllowedForDualStack");
                kept.put("VpcConfig", vpc.json());
              });
      request
          .object("TracingConfig", "Mode")
          .ifPresent(
              tracing -> {
                tracing.matching("Mode", "Active|PassThrough", "Active or PassThrough");
                kept.put("TracingConfig", tracing.json());
              });
      request
          .object("SnapStart", "ApplyOn")
          .ifPresent(
              start -> {
                start.matching("ApplyOn", "PublishedVersions|None", "PublishedVersions or None");
                kept.put("SnapStart", start.json());
              });
      request
          .object("LoggingConfig", "LogFormat", "ApplicationLogLevel", "SystemLogLevel", "LogGroup")
          .ifPresent(
              logging -> {
                logging.matching("LogFormat", "Text|JSON", "Text or JSON");
                logging.text("ApplicationLogLevel");
                logging.text("SystemLogLevel");
                logging.text("LogGroup");
                kept.put("LoggingConfig", logging.json());
              });
      request
          .object("ImageConfig", "EntryPoint", "Command", "WorkingDirectory")
          .ifPresent(
              image -> {
                image.texts("EntryPoint");
                image.texts("Command");
                image.text("WorkingDirectory");
                kept.put("ImageConfig", image.json());
              });
      request.text("KMSKeyArn").ifPresent(key -> kept.put("KMSKeyArn", "\"" + escaped(key) + "\""));
    }

    private static String escaped(String key) {
      return new String(
          com.fasterxml.jackson.core.io.JsonStringEncoder.getInstance().quoteAsString(key));
    }
  }
}
