package dev.spillway.lambda.invoke;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionControl.CodeUpdate;
import dev.spillway.lambda.function.FunctionControl.Publication;
import dev.spillway.lambda.function.FunctionRecord;
import dev.spillway.lambda.function.Revision;
import dev.spillway.lambda.invoke.LambdaWire.Answer;
import dev.spillway.lambda.invoke.LambdaWire.Request;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Functions and versions on the wire. Source: AWS Lambda API 2015-03-31. */
final class FunctionOperations {
  private static final int PAGE_MAX = 10_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FunctionCatalogue catalogue;

  FunctionOperations(FunctionCatalogue catalogue) {
    this.catalogue = catalogue;
  }

  void serve(Routes routes) {
    String functions = "/2015-03-31/functions";
    routes
        .on("POST", functions, Set.of(), this::create)
        .on(
            "GET",
            functions,
            Set.of("MaxItems", "Marker", "FunctionVersion", "MasterRegion"),
            this::list)
        .on("GET", functions + "/{}", Set.of("Qualifier"), this::get)
        .on("DELETE", functions + "/{}", Set.of("Qualifier"), this::delete)
        .on("GET", functions + "/{}/configuration", Set.of("Qualifier"), this::configuration)
        .on("PUT", functions + "/{}/configuration", Set.of(), this::updateConfiguration)
        .on("PUT", functions + "/{}/code", Set.of(), this::updateCode)
        .on("POST", functions + "/{}/versions", Set.of(), this::publish)
        .on("GET", functions + "/{}/versions", Set.of("MaxItems", "Marker"), this::versions)
        .on("GET", "/2016-08-19/account-settings", Set.of(), this::accountSettings);
  }

  private Answer create(Request request) {
    Members members = Members.of(request.body(), FunctionRequests.CREATE);
    String name = catalogue.control().nameToCreate(members.needed("FunctionName"));
    Members code =
        members
            .object(
                "Code",
                "ZipFile",
                "S3Bucket",
                "S3Key",
                "S3ObjectVersion",
                "ImageUri",
                "SourceKMSKeyArn")
            .orElseThrow(() -> Members.invalid("Code is missing; it is required"));
    FunctionConfiguration wanted = FunctionRequests.create(members, name);
    boolean image = code.has("ImageUri");
    if (image != members.text("PackageType").orElse("Zip").equals("Image")) {
      throw Members.invalid(
          image
              ? "Code.ImageUri needs PackageType Image"
              : "PackageType Image needs Code.ImageUri");
    }
    Revision created =
        catalogue.control().create(wanted, FunctionRequests.code(code), members.flag("Publish"));
    return LambdaWire.json(request, 201, shown(created));
  }

  private static ObjectNode shown(Revision revision) {
    return FunctionJson.configuration(
        revision, revision.latest() ? revision.arn() : revision.qualifiedArn());
  }

  private Answer list(Request request) {
    boolean all =
        request
            .param("FunctionVersion")
            .map(
                value -> {
                  if (!value.equals("ALL")) {
                    throw Members.invalid("FunctionVersion is " + value + "; it must be ALL");
                  }
                  return true;
                })
            .orElse(false);
    List<Revision> revisions =
        catalogue.functions().stream()
            .flatMap(
                function ->
                    all
                        ? Stream.concat(Stream.of(function.latest()), function.versions().stream())
                        : Stream.of(function.latest()))
            .toList();
    return LambdaWire.json(
        request,
        200,
        Pages.page(
            request,
            PAGE_MAX,
            "Functions",
            revisions,
            revision ->
                revision.functionName() + (all ? ":" + Pages.versionKey(revision.version()) : ""),
            revision ->
                FunctionJson.configuration(
                    revision, all ? revision.qualifiedArn() : revision.arn())));
  }

  private Answer get(Request request) {
    return LambdaWire.json(
        request, 200, FunctionJson.function(catalogue.describe(request.functionName())));
  }

  private Answer configuration(Request request) {
    FunctionCatalogue.Described described = catalogue.describe(request.functionName());
    return LambdaWire.json(
        request, 200, FunctionJson.configuration(described.revision(), described.arn()));
  }

  private Answer delete(Request request) {
    catalogue.control().delete(request.functionName());
    return LambdaWire.empty(request.requestId(), 204);
  }

  private Answer updateConfiguration(Request request) {
    Members members = Members.of(request.body(), FunctionRequests.UPDATE);
    Revision changed =
        catalogue
            .control()
            .updateConfiguration(
                request.functionName(),
                before -> FunctionRequests.changed(before, members, before.functionName()),
                members.text("RevisionId"));
    return LambdaWire.json(request, 200, shown(changed));
  }

  private Answer updateCode(Request request) {
    Members members = Members.of(request.body(), FunctionRequests.CODE);
    Revision changed =
        catalogue
            .control()
            .updateCode(
                request.functionName(),
                new CodeUpdate(
                    FunctionRequests.code(members),
                    FunctionRequests.architecture(members),
                    members.flag("Publish"),
                    members.flag("DryRun"),
                    members.text("RevisionId")));
    return LambdaWire.json(request, 200, shown(changed));
  }

  private Answer publish(Request request) {
    Members members =
        Members.of(request.body(), Set.of("CodeSha256", "Description", "RevisionId", "PublishTo"));
    Revision published =
        catalogue
            .control()
            .publish(
                request.functionName(),
                new Publication(
                    members.matching("Description", "(?s).{0,256}", "at most 256 characters"),
                    members.text("CodeSha256"),
                    members.text("RevisionId")));
    return LambdaWire.json(request, 201, shown(published));
  }

  private Answer versions(Request request) {
    FunctionRecord function = catalogue.function(request.functionName());
    List<Revision> all =
        Stream.concat(Stream.of(function.latest()), function.versions().stream()).toList();
    return LambdaWire.json(
        request,
        200,
        Pages.page(
            request,
            PAGE_MAX,
            "Versions",
            all,
            revision -> Pages.versionKey(revision.version()),
            revision -> FunctionJson.configuration(revision, revision.qualifiedArn())));
  }

  private Answer accountSettings(Request request) {
    List<FunctionRecord> functions = catalogue.functions();
    int reserved = functions.stream().mapToInt(f -> f.reservedConcurrency().orElse(0)).sum();
    long codeSize =
        functions.stream()
            .flatMap(f -> Stream.concat(Stream.of(f.latest()), f.versions().stream()))
            .mapToLong(Revision::codeSize)
            .sum();
    Optional<Integer> unreserved =
        Optional.of(Math.max(0, catalogue.concurrentExecutions() - reserved));
    ObjectNode answer = JSON.createObjectNode();
    answer
        .putObject("AccountLimit")
        .put("TotalCodeSize", 80_530_636_800L)
        .put("CodeSizeUnzipped", 262_144_000L)
        .put("CodeSizeZipped", 52_428_800L)
        .put("ConcurrentExecutions", catalogue.concurrentExecutions())
        .put("UnreservedConcurrentExecutions", unreserved.get());
    answer
        .putObject("AccountUsage")
        .put("TotalCodeSize", codeSize)
        .put("FunctionCount", functions.size());
    return LambdaWire.json(request, 200, answer);
  }
}
