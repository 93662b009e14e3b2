package dev.spillway.dispatch.wiring;

import static dev.spillway.batch.api.AwsErrors.answer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.LogsController;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Answers what none of the APIs on this port answers, in AWS's error shape. */
final class ForeignRequests {
  private static final Pattern SERVICE =
      Pattern.compile("Credential=[^/,]*/[0-9]{8}/[^/,]*/([a-z0-9-]+)/aws4_request");

  private static final Pattern SCOPE =
      Pattern.compile("/[0-9]{8}/[^/]*/([a-z0-9-]+)/aws4_request$");
  private static final Pattern LOOPBACK =
      Pattern.compile("(?i)(127(\\.[0-9]{1,3}){3}|\\[::1]|([a-z0-9-]+\\.)*localhost)(:[0-9]+)?");
  private static final Pattern RECLAIM = Pattern.compile("/instances/[^/]+:reclaim");
  private static final Pattern DATED = Pattern.compile("/[0-9]{4}-[0-9]{2}-[0-9]{2}/");

  private ForeignRequests() {}

  /**
   * Tells the services on this port apart: by the service a request is signed for, then by {@code
   * X-Amz-Target}; the path is the controllers'. What no service here answers is refused before it
   * reaches one.
   */
  @ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
  static final class WrongService {
    private final ServerAddress address;

    WrongService(ServerAddress address) {
      this.address = address;
    }

    @RequestFilter
    @Nullable
    HttpResponse<?> refuse(HttpRequest<?> request) {
      String host = request.getHeaders().get("Host");
      if (host != null && !LOOPBACK.matcher(host).matches()) {
        // A page whose name was made to point here (DNS rebinding) sends its own name.
        return answer(
            HttpStatus.FORBIDDEN,
            "AccessDeniedException",
            "This server answers to loopback names only (127.0.0.1, localhost), not to the Host of"
                + " this request.");
      }
      String service = signedFor(request);
      String path = request.getPath();
      if (service.equals("s3")) {
        return answer(
            HttpStatus.BAD_REQUEST,
            "ValidationException",
            "This request is signed for S3, which has its own port: send it to "
                + address.s3()
                + ".");
      }
      String target = request.getHeaders().get("X-Amz-Target");
      if (address.aws()) {
        return onAws(request, !service.isEmpty() || target != null);
      }
      if (target != null && target.startsWith(LogsController.TARGET) && path.equals("/")) {
        return null;
      }
      if (target != null) {
        return unknown("X-Amz-Target " + target);
      }
      boolean misplaced =
          switch (service) {
            case "batch" -> !path.startsWith("/v1/");
            case "lambda" -> !DATED.matcher(path).lookingAt();
            default -> !service.isEmpty() && path.equals("/");
          };
      return misplaced
          ? unknown(request.getMethod() + " " + path + ", signed for " + service + ",")
          : null;
    }

    /** With backend aws the services are elsewhere. */
    @Nullable
    private static HttpResponse<?> onAws(HttpRequest<?> request, boolean signed) {
      String path = request.getPath();
      if (RECLAIM.matcher(path).matches()) {
        return answer(
            HttpStatus.CONFLICT,
            "ConflictException",
            "Instances of AWS are not this server's to reclaim. AWS Fault Injection Service does it"
                + " (aws:ec2:send-spot-instance-interruptions).");
      }
      return signed || path.startsWith("/v1/") || DATED.matcher(path).lookingAt()
          ? answer(
              HttpStatus.BAD_REQUEST,
              "UnknownOperationException",
              request.getMethod()
                  + " "
                  + path
                  + " is an operation of AWS, and this server runs with backend aws: send it to AWS"
                  + " itself. Here are /tasks, /workloads and POST /batch/events.")
          : null;
    }

    private static HttpResponse<?> unknown(String what) {
      return answer(
          HttpStatus.BAD_REQUEST,
          "UnknownOperationException",
          what
              + " is no operation of this server. It answers AWS Batch (/v1/...), AWS Lambda"
              + " (/2015-03-31/functions...) and CloudWatch Logs (POST / with X-Amz-Target"
              + " Logs_20140328.*); S3 has its own port.");
    }

    /** Empty for a request without a signature; a presigned one carries it in the query. */
    private static String signedFor(HttpRequest<?> request) {
      String authorization = request.getHeaders().get("Authorization");
      Matcher header = SERVICE.matcher(authorization == null ? "" : authorization);
      if (header.find()) {
        return header.group(1);
      }
      String query = request.getParameters().get("X-Amz-Credential");
      Matcher presigned = SCOPE.matcher(query == null ? "" : query);
      return presigned.find() ? presigned.group(1) : "";
    }
  }

  /** Health, and what a client of this server needs to know of it. */
  @Controller
  static final class Rest {
    private final ServerAddress address;

    Rest(ServerAddress address) {
      this.address = address;
    }

    @Get("/healthz")
    HttpResponse<String> health() {
      ObjectNode body =
          JsonNodeFactory.instance
              .objectNode()
              .put("status", "UP")
              .put("s3", address.s3().toString())
              .put("runner", address.runner())
              .put("backend", address.backend());
      return HttpResponse.ok(body.toString()).contentType(MediaType.APPLICATION_JSON_TYPE);
    }
  }
}
