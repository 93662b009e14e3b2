package dev.spillway.lambda.invoke;

import dev.spillway.lambda.function.AliasControl.Wish;
import dev.spillway.lambda.function.FunctionAlias;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionRecord;
import dev.spillway.lambda.invoke.LambdaWire.Answer;
import dev.spillway.lambda.invoke.LambdaWire.Request;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Aliases on the wire. Source: AWS Lambda API 2015-03-31. */
final class AliasOperations {
  private static final int PAGE_MAX = 10_000;

  private final FunctionCatalogue catalogue;

  AliasOperations(FunctionCatalogue catalogue) {
    this.catalogue = catalogue;
  }

  void serve(Routes routes) {
    String aliases = "/2015-03-31/functions/{}/aliases";
    routes
        .on("POST", aliases, Set.of(), this::create)
        .on("GET", aliases, Set.of("FunctionVersion", "MaxItems", "Marker"), this::list)
        .on("GET", aliases + "/{}", Set.of(), this::get)
        .on("PUT", aliases + "/{}", Set.of(), this::update)
        .on("DELETE", aliases + "/{}", Set.of(), this::delete);
  }

  private Answer create(Request request) {
    Members members =
        Members.of(
            request.body(), Set.of("Name", "FunctionVersion", "Description", "RoutingConfig"));
    String name = members.needed("Name");
    members.needed("FunctionVersion");
    FunctionAlias created = catalogue.aliases().create(request.functionName(), name, wish(members));
    return LambdaWire.json(request, 201, shown(request, created));
  }

  private Answer update(Request request) {
    Members members =
        Members.of(
            request.body(),
            Set.of("FunctionVersion", "Description", "RoutingConfig", "RevisionId"));
    FunctionAlias updated =
        catalogue.aliases().update(request.functionName(), request.second(), wish(members));
    return LambdaWire.json(request, 200, shown(request, updated));
  }

  private static Wish wish(Members members) {
    return new Wish(
        members.text("FunctionVersion"),
        members.matching("Description", "(?s).{0,256}", "at most 256 characters"),
        members
            .object("RoutingConfig", "AdditionalVersionWeights")
            .map(routing -> weight(routing.shares("AdditionalVersionWeights").orElse(Map.of()))),
        members.has("RevisionId") ? members.text("RevisionId") : Optional.empty());
  }

  private static Optional<FunctionAlias.Weight> weight(Map<String, Double> weights) {
    if (weights.size() > 1) {
      throw Members.invalid(
          "RoutingConfig.AdditionalVersionWeights has "
              + weights.size()
              + " versions; an alias can have one beside its own");
    }
    return weights.entrySet().stream()
        .findFirst()
        .map(entry -> new FunctionAlias.Weight(entry.getKey(), entry.getValue()));
  }

  private com.fasterxml.jackson.databind.node.ObjectNode shown(
      Request request, FunctionAlias alias) {
    return FunctionJson.alias(catalogue.function(request.functionName()), alias);
  }

  private Answer get(Request request) {
    return LambdaWire.json(
        request,
        200,
        shown(request, catalogue.aliases().get(request.functionName(), request.second())));
  }

  private Answer delete(Request request) {
    catalogue.aliases().delete(request.functionName(), request.second());
    return LambdaWire.empty(request.requestId(), 204);
  }

  private Answer list(Request request) {
    FunctionRecord function = catalogue.function(request.functionName());
    Optional<String> version = request.param("FunctionVersion");
    List<FunctionAlias> aliases =
        function.aliases().values().stream()
            .filter(alias -> version.map(alias.version()::equals).orElse(true))
            .toList();
    return LambdaWire.json(
        request,
        200,
        Pages.page(
            request,
            PAGE_MAX,
            "Aliases",
            aliases,
            FunctionAlias::name,
            alias -> FunctionJson.alias(function, alias)));
  }
}
