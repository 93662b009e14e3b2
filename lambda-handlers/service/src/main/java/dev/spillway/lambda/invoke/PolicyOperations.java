package dev.spillway.lambda.invoke;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionPolicy;
import dev.spillway.lambda.invoke.LambdaWire.Answer;
import dev.spillway.lambda.invoke.LambdaWire.Request;
import java.util.Set;

/** Resource policies on the wire. Source: AWS Lambda API 2015-03-31, AddPermission. */
final class PolicyOperations {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FunctionCatalogue catalogue;

  PolicyOperations(FunctionCatalogue catalogue) {
    this.catalogue = catalogue;
  }

  void serve(Routes routes) {
    String policy = "/2015-03-31/functions/{}/policy";
    routes
        .on("POST", policy, Set.of("Qualifier"), this::add)
        .on("GET", policy, Set.of("Qualifier"), this::get)
        .on("DELETE", policy + "/{}", Set.of("Qualifier", "RevisionId"), this::remove);
  }

  private Answer add(Request request) {
    Members members =
        Members.of(
            request.body(),
            Set.of(
                "StatementId",
                "Action",
                "Principal",
                "SourceArn",
                "SourceAccount",
                "EventSourceToken",
                "RevisionId",
                "PrincipalOrgID",
                "FunctionUrlAuthType",
                "InvokedViaFunctionUrl"));
    members.needed("StatementId");
    String id =
        members
            .matching("StatementId", "[a-zA-Z0-9-_]{1,100}", "1 to 100 letters, digits, - and _")
            .orElseThrow();
    members.needed("Action");
    String action =
        members
            .matching("Action", "lambda:(\\*|[a-zA-Z]+)|\\*", "an action: lambda:InvokeFunction")
            .orElseThrow();
    String principal = members.needed("Principal");
    String statement =
        catalogue
            .settings()
            .addPermission(
                request.functionName(),
                id,
                arn -> statement(members, id, action, principal, arn).toString(),
                members.text("RevisionId"));
    return LambdaWire.json(request, 201, JSON.createObjectNode().put("Statement", statement));
  }

  private static ObjectNode statement(
      Members members, String id, String action, String principal, String arn) {
    ObjectNode statement = JSON.createObjectNode().put("Sid", id).put("Effect", "Allow");
    if (principal.equals("*")) {
      statement.put("Principal", principal);
    } else if (principal.matches("\\d{12}")) {
      statement.putObject("Principal").put("AWS", "arn:aws:iam::" + principal + ":root");
    } else {
      statement
          .putObject("Principal")
          .put(principal.startsWith("arn:") ? "AWS" : "Service", principal);
    }
    statement.put("Action", action).put("Resource", arn);
    ObjectNode conditions = JSON.createObjectNode();
    members
        .text("SourceAccount")
        .ifPresent(value -> conditions.withObject("/StringEquals").put("AWS:SourceAccount", value));
    members
        .text("PrincipalOrgID")
        .ifPresent(
            value -> conditions.withObject("/StringEquals").put("aws:PrincipalOrgID", value));
    members
        .text("EventSourceToken")
        .ifPresent(
            value -> conditions.withObject("/StringEquals").put("lambda:EventSourceToken", value));
    members
        .matching("FunctionUrlAuthType", "NONE|AWS_IAM", "NONE or AWS_IAM")
        .ifPresent(
            value ->
                conditions.withObject("/StringEquals").put("lambda:FunctionUrlAuthType", value));
    if (members.flag("InvokedViaFunctionUrl")) {
      conditions.withObject("/Bool").put("lambda:InvokedViaFunctionUrl", "true");
    }
    members
        .text("SourceArn")
        .ifPresent(value -> conditions.withObject("/ArnLike").put("AWS:SourceArn", value));
    if (!conditions.isEmpty()) {
      statement.set("Condition", conditions);
    }
    return statement;
  }

  private Answer get(Request request) {
    FunctionPolicy policy = catalogue.settings().policy(request.functionName());
    String statements =
        String.join(",", policy.statements().stream().map(FunctionPolicy.Statement::json).toList());
    return LambdaWire.json(
        request,
        200,
        JSON.createObjectNode()
            .put(
                "Policy",
                "{\"Version\":\"2012-10-17\",\"Id\":\"default\",\"Statement\":["
                    + statements
                    + "]}")
            .put("RevisionId", policy.revisionId()));
  }

  private Answer remove(Request request) {
    catalogue
        .settings()
        .removePermission(request.functionName(), request.second(), request.param("RevisionId"));
    return LambdaWire.empty(request.requestId(), 204);
  }
}
