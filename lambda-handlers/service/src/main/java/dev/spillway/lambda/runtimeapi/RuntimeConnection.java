package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.runtimeapi.HttpExchange.Reply;
import dev.spillway.lambda.runtimeapi.HttpExchange.Request;
import dev.spillway.lambda.runtimeapi.RuntimeApiServer.Event;
import dev.spillway.lambda.runtimeapi.RuntimeApiServer.Refusal;
import dev.spillway.lambda.runtimeapi.RuntimeApiServer.Session;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * One connection of a runtime: what it may ask, and how it is answered.
 *
 * <p>Shape: a thread reads. An event is written by the thread that has it: waking the reader for
 * that would cost each call a change of threads.
 */
final class RuntimeConnection implements RuntimeApiServer.Waiting {
  /** 6 MiB and the 100 bytes that AWS allows on top. */
  static final int RESPONSE_BYTES_MAX = 6_291_556;

  /** What the connection takes at once, however busy the runtime is. */
  private static final int UNHURRIED_BYTES = 64 << 10;

  private static final String BASE = "/2018-06-01/runtime/";
  private static final String INVOCATION = BASE + "invocation/";
  private static final String ERROR_TYPE = "lambda-runtime-function-error-type";

  private final Socket socket;
  private final Session session;
  private final HttpExchange exchange;

  /** An event is due; nothing else may be answered before. */
  private volatile boolean waiting;

  private volatile boolean closesAfterEvent;

  RuntimeConnection(Socket socket, Session session) throws IOException {
    this.socket = socket;
    this.session = session;
    this.exchange =
        new HttpExchange(socket.getInputStream(), socket.getOutputStream(), RESPONSE_BYTES_MAX);
  }

  /** Returns when the runtime closes the connection, or asks that it be closed. */
  void serve() throws IOException {
    try {
      for (Request request = exchange.read(); request != null; request = exchange.read()) {
        if (waiting) {
          throw new IOException("a request before the last one was answered");
        }
        boolean last = "close".equalsIgnoreCase(request.headers().get("connection"));
        if (!answersLater(request, last) && last) {
          return;
        }
      }
    } finally {
      if (waiting) {
        session.gone(this);
      }
    }
  }

  /** True when an event answers it, now or later. */
  private boolean answersLater(Request request, boolean last) throws IOException {
    try {
      if (request.method().equals("GET") && request.path().equals(INVOCATION + "next")) {
        closesAfterEvent = last;
        waiting = true;
        session.next(this);
        return true;
      }
      exchange.write(route(request));
    } catch (Refusal refusal) {
      waiting = false;
      exchange.write(error(refusal.status, refusal.errorType, refusal.getMessage()));
    }
    return false;
  }

  @Override
  public void take(Event event) {
    if (event.payload().length > UNHURRIED_BYTES) {
      Thread.startVirtualThread(() -> write(event));
    } else {
      write(event);
    }
  }

  private void write(Event event) {
    // Before the answer: the reader may have the next request before this thread goes on.
    waiting = false;
    try {
      exchange.write(new Reply(200, event.headers(), event.payload()));
      if (closesAfterEvent) {
        hangUp();
      }
    } catch (IOException broken) {
      // As for the reader: the end of the process tells the rest.
      hangUp();
    }
  }

  @Override
  public void hangUp() {
    RuntimeApiServer.quietly(socket);
  }

  private Reply route(Request request) throws Refusal {
    String path = request.path();
    if (request.method().equals("POST") && path.equals(BASE + "init/error")) {
      session.initError(errorType(request), request.body());
      return accepted();
    }
    if (request.method().equals("POST") && path.startsWith(INVOCATION)) {
      String[] words = path.substring(INVOCATION.length()).split("/", -1);
      if (words.length == 2 && words[1].equals("response")) {
        return response(words[0], request);
      }
      if (words.length == 2 && words[1].equals("error")) {
        session.error(words[0], errorType(request), request.body());
        return accepted();
      }
    }
    return error(
        404, "NotFound", "No such call of the Runtime API: " + request.method() + " " + path);
  }

  private Reply response(String requestId, Request request) throws Refusal {
    if (request.tooLarge()) {
      session.oversize(requestId);
      return error(
          413,
          "RequestEntityTooLarge",
          "Exceeded maximum allowed payload size (" + RESPONSE_BYTES_MAX + " bytes).");
    }
    // A streamed response that broke says so in its trailers.
    String brokenBy = request.trailers().get(ERROR_TYPE);
    if (brokenBy != null) {
      String body = request.trailers().getOrDefault("lambda-runtime-function-error-body", "");
      session.error(requestId, brokenBy, decoded(body));
    } else {
      session.response(requestId, request.body());
    }
    return accepted();
  }

  private static byte[] decoded(String base64) {
    try {
      return java.util.Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException plain) {
      return base64.getBytes(StandardCharsets.UTF_8);
    }
  }

  private static String errorType(Request request) {
    return request.headers().getOrDefault(ERROR_TYPE, "Function.Unknown");
  }

  private static Reply accepted() {
    return json(202, "{\"status\":\"OK\"}");
  }

  private static Reply error(int status, String errorType, String message) {
    return json(
        status, new String(FunctionErrors.body(errorType, message), StandardCharsets.UTF_8));
  }

  private static Reply json(int status, String body) {
    return new Reply(
        status, Map.of("Content-Type", "application/json"), body.getBytes(StandardCharsets.UTF_8));
  }
}
