package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.runtimeapi.HttpExchange.Reply;
import dev.spillway.lambda.runtimeapi.HttpExchange.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Lambda Runtime API of one environment, on a port of its own: of the loopback, or of the
 * address that containers reach; there, nobody but its container is answered.
 *
 * <p>Shape: a virtual thread for the port and one for each connection; {@link Session} decides,
 * this class speaks. Source: AWS Lambda Runtime API 2018-06-01.
 */
final class RuntimeApiServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RuntimeApiServer.class);

  /** 6 MiB and the 100 bytes that AWS allows on top. */
  static final int RESPONSE_BYTES_MAX = 6_291_556;

  /** A container may ask before the engine has said which address it gave it. */
  private static final long PEER_KNOWN_SECONDS_MAX = 10;

  private static final String BASE = "/2018-06-01/runtime/";
  private static final String INVOCATION = BASE + "invocation/";
  private static final String ERROR_TYPE = "lambda-runtime-function-error-type";

  /** What the environment does with each call; the thread is the connection's. */
  interface Session {
    /** Waits for an event. */
    Event next() throws Refusal, InterruptedException;

    void response(String requestId, byte[] payload) throws Refusal;

    /** The response passed the limit. */
    void oversize(String requestId) throws Refusal;

    void error(String requestId, String errorType, byte[] body) throws Refusal;

    void initError(String errorType, byte[] body) throws Refusal;
  }

  /** An event with the headers that go with it. */
  record Event(byte[] payload, Map<String, String> headers) {}

  /** The call does not fit the environment's state. */
  static final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;
    final int status;
    final String errorType;

    Refusal(int status, String errorType, String message) {
      super(message);
      this.status = status;
      this.errorType = errorType;
    }
  }

  private final ServerSocket port;
  private final Session session;
  private final Future<InetAddress> peer;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

  private RuntimeApiServer(ServerSocket port, Session session, Future<InetAddress> peer) {
    this.port = port;
    this.session = session;
    this.peer = peer;
  }

  /** For a process of this host. */
  static RuntimeApiServer open(String name, Session session) throws IOException {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    return open(name, session, loopback, CompletableFuture.completedFuture(loopback));
  }

  /**
   * For whoever has the one address, which may become known later.
   *
   * @param peer others are hung up on
   */
  static RuntimeApiServer open(
      String name, Session session, InetAddress address, Future<InetAddress> peer)
      throws IOException {
    ServerSocket port = new ServerSocket();
    port.bind(new InetSocketAddress(address, 0));
    RuntimeApiServer server = new RuntimeApiServer(port, session, peer);
    Thread.ofVirtual().name("runtime-api-" + name).start(server::accept);
    return server;
  }

  /** {@code host:port}, as AWS_LAMBDA_RUNTIME_API wants it. */
  String address() {
    return port.getInetAddress().getHostAddress() + ":" + port.getLocalPort();
  }

  private void accept() {
    while (!port.isClosed()) {
      try {
        Socket connection = port.accept();
        connections.add(connection);
        Thread.ofVirtual().start(() -> serve(connection));
      } catch (IOException closed) {
        // The port is closed: the environment has ended. Else the next accept tells.
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      if (!admits(connection.getInetAddress())) {
        return;
      }
      connection.setTcpNoDelay(true);
      HttpExchange exchange =
          new HttpExchange(
              connection.getInputStream(), connection.getOutputStream(), RESPONSE_BYTES_MAX);
      for (Request request = exchange.read(); request != null; request = exchange.read()) {
        exchange.write(answer(request));
        if ("close".equalsIgnoreCase(request.headers().get("connection"))) {
          return;
        }
      }
    } catch (IOException gone) {
      // The runtime closed or broke the connection; its process's end tells the rest.
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
    } finally {
      connections.remove(connection);
    }
  }

  private boolean admits(InetAddress caller) throws InterruptedException {
    try {
      InetAddress expected = peer.get(PEER_KNOWN_SECONDS_MAX, TimeUnit.SECONDS);
      if (expected.equals(caller)) {
        return true;
      }
      LOG.warn("{} was refused: the Runtime API at {} is {}'s", caller, address(), expected);
      return false;
    } catch (ExecutionException | TimeoutException e) {
      // Its container has not come up.
      return false;
    }
  }

  private Reply answer(Request request) throws InterruptedException {
    try {
      return route(request);
    } catch (Refusal refusal) {
      return error(refusal.status, refusal.errorType, refusal.getMessage());
    }
  }

  private Reply route(Request request) throws Refusal, InterruptedException {
    String path = request.path();
    if (request.method().equals("GET") && path.equals(INVOCATION + "next")) {
      Event event = session.next();
      return new Reply(200, event.headers(), event.payload());
    }
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

  @Override
  public void close() {
    quietly(port);
    connections.forEach(RuntimeApiServer::quietly);
  }

  private static void quietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception alreadyGone) {
      // Nothing is left to lose: the environment has ended.
    }
  }
}
