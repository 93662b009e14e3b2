package dev.spillway.lambda.runtimeapi;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
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
 * <p>Shape: a virtual thread for the port, and a platform thread for each {@link
 * RuntimeConnection}, as blocking reads of those cost a call one wake-up instead of two; {@link
 * Session} decides. Source: AWS Lambda Runtime API 2018-06-01.
 */
final class RuntimeApiServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RuntimeApiServer.class);

  /** Runtimes have one, or one a call; each costs a thread, and code of users opens them. */
  private static final int CONNECTIONS_MAX = 16;

  /** A container may ask before the engine has said which address it gave it. */
  private static final long PEER_KNOWN_SECONDS_MAX = 10;

  /** What the environment does with each call; the thread is the connection's. */
  interface Session {
    /** The runtime asks for an event: it gets one, now or in whatever thread has one later. */
    void next(Waiting runtime) throws Refusal;

    /** It waits no longer: its connection has ended. */
    void gone(Waiting runtime);

    void response(String requestId, byte[] payload) throws Refusal;

    /** The response passed the limit. */
    void oversize(String requestId) throws Refusal;

    void error(String requestId, String errorType, byte[] body) throws Refusal;

    void initError(String errorType, byte[] body) throws Refusal;
  }

  /** A runtime that has asked for an event. */
  interface Waiting {
    /** At most once. */
    void take(Event event);

    /** Ends its connection without an event. */
    void hangUp();
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

  private final String name;
  private final ServerSocket port;
  private final Session session;
  private final Future<InetAddress> peer;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

  private RuntimeApiServer(
      String name, ServerSocket port, Session session, Future<InetAddress> peer) {
    this.name = "runtime-api-" + name;
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
    RuntimeApiServer server = new RuntimeApiServer(name, port, session, peer);
    Thread.ofVirtual().name(server.name).start(server::accept);
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
        if (connections.size() >= CONNECTIONS_MAX) {
          quietly(connection);
          continue;
        }
        connections.add(connection);
        Thread.ofPlatform().daemon().name(name).start(() -> serve(connection));
      } catch (IOException closed) {
        // The port is closed: the environment has ended. Else the next accept tells.
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      if (admits(socket.getInetAddress())) {
        socket.setTcpNoDelay(true);
        new RuntimeConnection(socket, session).serve();
      }
    } catch (IOException gone) {
      // The runtime closed or broke the connection; its process's end tells the rest.
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
    } finally {
      connections.remove(socket);
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

  @Override
  public void close() {
    quietly(port);
    connections.forEach(RuntimeApiServer::quietly);
  }

  static void quietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception alreadyGone) {
      // Nothing is left to lose: the environment has ended.
    }
  }
}
