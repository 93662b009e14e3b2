package dev.spillway.batch.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** An HTTP connection, kept alive, on which exactly the bytes go out that it is given. */
final class RawConnection implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 20_000;

  private final URI server;
  private Socket socket;
  private InputStream in;

  /** What came back; names of headers are in lower case. */
  record Answer(int status, Map<String, String> headers, byte[] body) {}

  RawConnection(URI server) {
    this.server = server;
  }

  /** Sends a whole request. Empty when the server hangs up without an answer. */
  Optional<Answer> send(byte[] request, boolean bodyless) throws IOException {
    return send(request, bodyless, false);
  }

  /** Sends what may be more than a request, and hangs up after the first answer. */
  Optional<Answer> sendLast(byte[] request, boolean bodyless) throws IOException {
    try {
      return send(request, bodyless, false);
    } finally {
      close();
    }
  }

  /** Sends what may be less than a request; no more will come. */
  Optional<Answer> sendHalf(byte[] request) throws IOException {
    try {
      return send(request, false, true);
    } finally {
      close();
    }
  }

  private Optional<Answer> send(byte[] request, boolean bodyless, boolean last) throws IOException {
    if (socket == null) {
      socket = new Socket(server.getHost(), server.getPort());
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE_MILLIS);
      in = new BufferedInputStream(socket.getInputStream());
    }
    try {
      socket.getOutputStream().write(request);
      if (last) {
        socket.shutdownOutput();
      }
    } catch (IOException _) {
      // It was refused before all of it was read; the answer may be there.
    }
    Optional<Answer> answer;
    try {
      answer = read(bodyless);
    } catch (SocketException _) {
      answer = Optional.empty();
    }
    if (answer.isEmpty() || "close".equals(answer.get().headers().get("connection"))) {
      close();
    }
    return answer;
  }

  private Optional<Answer> read(boolean bodyless) throws IOException {
    while (true) {
      String line = line();
      if (line == null) {
        return Optional.empty();
      }
      int status = Integer.parseInt(line.split(" ")[1]);
      Map<String, String> headers = new TreeMap<>();
      for (String header = line(); header != null && !header.isEmpty(); header = line()) {
        int colon = header.indexOf(':');
        headers.put(
            header.substring(0, colon).toLowerCase(Locale.ROOT),
            header.substring(colon + 1).strip());
      }
      if (status >= 200) {
        return Optional.of(
            new Answer(status, headers, bodyless ? new byte[0] : body(status, headers)));
      }
    }
  }

  private byte[] body(int status, Map<String, String> headers) throws IOException {
    if (headers.containsKey("content-length")) {
      return in.readNBytes(Integer.parseInt(headers.get("content-length")));
    }
    if ("chunked".equals(headers.get("transfer-encoding"))) {
      var body = new ByteArrayOutputStream();
      int size;
      do {
        size = Integer.parseInt(line(), 16);
        body.write(in.readNBytes(size));
        line();
      } while (size > 0);
      return body.toByteArray();
    }
    return status == 204 || status == 304 ? new byte[0] : in.readAllBytes();
  }

  private String line() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        return line.size() == 0 ? null : line.toString(ISO_8859_1);
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(ISO_8859_1);
  }

  @Override
  public void close() {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException _) {
      // it is gone either way
    }
    socket = null;
  }
}
