package dev.spillway.lambda.runtimeapi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.lambda.runtimeapi.RuntimeApiServer.Event;
import dev.spillway.lambda.runtimeapi.RuntimeApiServer.Waiting;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class RuntimeConnectionTest {
  private static final String NEXT = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n";
  private static final Event EVENT = event("{\"n\":1}");

  private final Asked session = new Asked();
  private final List<Socket> clients = new ArrayList<>();
  private RuntimeApiServer server;

  @BeforeEach
  void open() throws IOException {
    server = RuntimeApiServer.open("test", session);
  }

  @AfterEach
  void close() throws IOException {
    for (Socket client : clients) {
      client.close();
    }
    server.close();
  }

  @Test
  void closesAfterTheEventWhenTheRuntimeAskedForThat() throws Exception {
    Socket runtime = send(NEXT + "Connection: close\r\n\r\n");
    session.asked.take().take(EVENT);

    assertThat(all(runtime)).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\n{\"n\":1}");
  }

  @Test
  void writesALargeEventWholeBeforeItCloses() throws Exception {
    String large = "\"" + "x".repeat(3 << 20) + "\"";
    Socket runtime = send(NEXT + "Connection: close\r\n\r\n");
    session.asked.take().take(event(large));

    assertThat(all(runtime)).endsWith("\r\n\r\n" + large);
  }

  @Test
  void saysThatARuntimeIsGoneWhichHungUpWhileItWaited() throws Exception {
    Socket runtime = send(NEXT + "\r\n");
    Waiting asked = session.asked.take();
    runtime.close();

    assertThat(session.gone.take()).isSameAs(asked);
  }

  @Test
  void hangsUpOnARequestBeforeTheEvent() throws Exception {
    Socket runtime = send(NEXT + "\r\n" + NEXT + "\r\n");

    assertThat(all(runtime)).isEmpty();
    assertThat(session.gone.take()).isSameAs(session.asked.take());
  }

  @Test
  void takesNoMoreConnectionsThanARuntimeCanUse() throws Exception {
    for (int i = 0; i < 16; i++) {
      send(NEXT + "\r\n");
      session.asked.take();
    }

    assertThat(all(send(NEXT + "\r\n"))).isEmpty();
    assertThat(session.asked.poll(50, TimeUnit.MILLISECONDS)).isNull();
  }

  private Socket send(String request) throws IOException {
    String[] address = server.address().split(":");
    Socket client = new Socket(address[0], Integer.parseInt(address[1]));
    clients.add(client);
    client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return client;
  }

  /** Up to the end of the connection; empty when it was reset. */
  private static String all(Socket client) {
    try {
      return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException reset) {
      return "";
    }
  }

  private static Event event(String payload) {
    return new Event(
        payload.getBytes(StandardCharsets.US_ASCII), Map.of("Content-Type", "application/json"));
  }

  private static final class Asked implements RuntimeApiServer.Session {
    final BlockingQueue<Waiting> asked = new LinkedBlockingQueue<>();
    final BlockingQueue<Waiting> gone = new LinkedBlockingQueue<>();

    @Override
    public void next(Waiting runtime) {
      asked.add(runtime);
    }

    @Override
    public void gone(Waiting runtime) {
      gone.add(runtime);
    }

    @Override
    public void response(String requestId, byte[] payload) {
      throw new AssertionError("nothing was handed out");
    }

    @Override
    public void oversize(String requestId) {
      throw new AssertionError("nothing was handed out");
    }

    @Override
    public void error(String requestId, String errorType, byte[] body) {
      throw new AssertionError("nothing was handed out");
    }

    @Override
    public void initError(String errorType, byte[] body) {
      throw new AssertionError("nothing was handed out");
    }
  }
}
