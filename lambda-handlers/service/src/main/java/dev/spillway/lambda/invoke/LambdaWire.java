package dev.spillway.lambda.invoke;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.function.Revision;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The AWS Lambda wire API as a function of plain values: a request in, an answer out.
 *
 * <p>Errors: every one in Lambda's shape (header x-amzn-ErrorType, body with Type and message).
 * Source: AWS Lambda API 2015-03-31.
 */
final class LambdaWire {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern FUNCTION =
      Pattern.compile(
          "/2015-03-31/functions/(?<name>[^/]+)(?<rest>/configuration|/invocations)?/?");
  private static final int PAGE = 50;
  private static final int PAGE_MAX = 10_000;
  private static final byte[] NOTHING = new byte[0];

  private final FunctionCatalogue catalogue;
  private final InvokeOperation invoke;

  /**
   * A request.
   *
   * @param path raw, as sent
   * @param query decoded
   * @param headers names in lower case
   */
  record Request(
      String requestId,
      String method,
      String path,
      Map<String, String> query,
      Map<String, String> headers,
      byte[] body) {}

  record Answer(int status, Map<String, String> headers, byte[] body) {}

  LambdaWire(FunctionService functions, FunctionCatalogue catalogue) {
    this.catalogue = catalogue;
    this.invoke = new InvokeOperation(functions, catalogue);
  }

  Answer answer(Request request) {
    try {
      return route(request);
    } catch (LambdaException e) {
      return error(request.requestId(), e);
    }
  }

  private Answer route(Request request) {
    String path = request.path();
    if (request.method().equals("GET")) {
      if (path.matches("/2015-03-31/functions/?")) {
        return listFunctions(request);
      }
      if (path.matches("/2016-08-19/account-settings/?")) {
        return json(request, accountSettings());
      }
    }
    Matcher function = FUNCTION.matcher(path);
    if (function.matches()) {
      String name = qualified(decoded(function.group("name")), request.query().get("Qualifier"));
      String rest = Optional.ofNullable(function.group("rest")).orElse("");
      if (request.method().equals("POST") && rest.equals("/invocations")) {
        return invoke.answer(request, name);
      }
      if (request.method().equals("GET") && rest.equals("/configuration")) {
        return json(request, FunctionJson.configuration(catalogue.describe(name)));
      }
      if (request.method().equals("GET") && rest.isEmpty()) {
        return json(request, FunctionJson.function(catalogue.describe(name)));
      }
    }
    throw new LambdaException(
        "UnknownOperationException",
        404,
        request.method()
            + " "
            + path
            + " is not served here. Functions are declared in the stack's template; served are"
            + " Invoke, ListFunctions, GetFunction, GetFunctionConfiguration and"
            + " GetAccountSettings");
  }

  private Answer listFunctions(Request request) {
    int most = PAGE;
    String maxItems = request.query().get("MaxItems");
    if (maxItems != null) {
      if (!maxItems.matches("\\d{1,5}")
          || maxItems.matches("0+")
          || Integer.parseInt(maxItems) > PAGE_MAX) {
        throw new LambdaException(
            "InvalidParameterValueException",
            400,
            "MaxItems is " + maxItems + "; it must be 1 to " + PAGE_MAX);
      }
      most = Integer.parseInt(maxItems);
    }
    // The marker is the last name of the page before: stable when functions come and go.
    String after = request.query().getOrDefault("Marker", "");
    List<Revision> rest =
        catalogue.revisions().stream().filter(r -> r.functionName().compareTo(after) > 0).toList();
    List<Revision> page = rest.subList(0, Math.min(most, rest.size()));
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode functions = answer.putArray("Functions");
    page.forEach(revision -> functions.add(FunctionJson.configuration(revision)));
    if (page.size() < rest.size()) {
      answer.put("NextMarker", page.getLast().functionName());
    }
    return json(request, answer);
  }

  private ObjectNode accountSettings() {
    int reserved =
        catalogue.revisions().stream()
            .mapToInt(r -> r.configuration().reservedConcurrency().orElse(0))
            .sum();
    ObjectNode answer = JSON.createObjectNode();
    answer
        .putObject("AccountLimit")
        .put("TotalCodeSize", 80_530_636_800L)
        .put("CodeSizeUnzipped", 262_144_000L)
        .put("CodeSizeZipped", 52_428_800L)
        .put("ConcurrentExecutions", catalogue.concurrentExecutions())
        .put(
            "UnreservedConcurrentExecutions",
            Math.max(0, catalogue.concurrentExecutions() - reserved));
    answer
        .putObject("AccountUsage")
        .put("TotalCodeSize", catalogue.revisions().stream().mapToLong(Revision::codeSize).sum())
        .put("FunctionCount", catalogue.revisions().size());
    return answer;
  }

  /** The name with the qualifier that came beside it; the two may not differ. */
  private static String qualified(String name, String qualifier) {
    if (qualifier == null || qualifier.isEmpty() || name.endsWith(":" + qualifier)) {
      return name;
    }
    boolean hasOne =
        name.startsWith("arn:") ? name.split(":").length > 7 : name.matches("[^:]+:[^:]+");
    if (hasOne && !name.startsWith("function:")) {
      throw new LambdaException(
          "InvalidParameterValueException",
          400,
          "The derived qualifier from the function name does not match the specified qualifier.");
    }
    return name + ":" + qualifier;
  }

  static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new LambdaException(
          "InvalidParameterValueException", 400, "FunctionName is not percent-encoded: " + text);
    }
  }

  private static Answer json(Request request, ObjectNode body) {
    return new Answer(
        200, headers(request.requestId()), body.toString().getBytes(StandardCharsets.UTF_8));
  }

  static Map<String, String> headers(String requestId) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("x-amzn-RequestId", requestId);
    return headers;
  }

  static Answer empty(String requestId, int status) {
    return new Answer(status, headers(requestId), NOTHING);
  }

  static Answer error(String requestId, LambdaException e) {
    Map<String, String> headers = headers(requestId);
    headers.put("x-amzn-ErrorType", e.errorType());
    ObjectNode body = JSON.createObjectNode();
    e.reason().ifPresent(reason -> body.put("Reason", reason));
    body.put("Type", e.status() < 500 ? "User" : "Service");
    // The case of this member differs between Lambda's exceptions.
    boolean upper =
        e.errorType().equals("ResourceNotFoundException")
            || e.errorType().equals("ServiceException");
    body.put(upper ? "Message" : "message", e.getMessage());
    return new Answer(e.status(), headers, body.toString().getBytes(StandardCharsets.UTF_8));
  }
}
