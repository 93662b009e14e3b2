package dev.spillway.lambda.runtimeapi;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * As much of HTTP/1.1 as runtime interface clients speak: a request in, an answer out, on one
 * kept-alive connection.
 *
 * <p>Shape: one thread reads, any may write. An answer leaves in one write: head and body apart
 * would meet the client's delayed ACK and cost 40 ms a call.
 */
final class HttpExchange {
  private static final int HEAD_BYTES_MAX = 64 << 10;

  /** What is read and thrown away of a body beyond the limit, before the connection is given up. */
  private static final long DISCARDED_BYTES_MAX = 256L << 20;

  private final BufferedInputStream in;
  private final OutputStream out;
  private final int bodyBytesMax;

  /**
   * A request.
   *
   * @param path without query
   * @param headers names in lower case
   * @param tooLarge the body passed the limit and was thrown away
   */
  record Request(
      String method,
      String path,
      Map<String, String> headers,
      byte[] body,
      boolean tooLarge,
      Map<String, String> trailers) {}

  /** An answer; {@code headers} in the order given. */
  record Reply(int status, Map<String, String> headers, byte[] body) {}

  HttpExchange(InputStream in, OutputStream out, int bodyBytesMax) {
    this.in = new BufferedInputStream(in, 16 << 10);
    this.out = out;
    this.bodyBytesMax = bodyBytesMax;
  }

  /** Reads the next request; null when the client has closed the connection. */
  Request read() throws IOException {
    String start = line();
    if (start == null) {
      return null;
    }
    String[] words = start.split(" ", 3);
    if (words.length < 3) {
      throw new IOException("not an HTTP request line");
    }
    Map<String, String> headers = headers();
    if ("100-continue".equalsIgnoreCase(headers.get("expect"))) {
      goOn();
    }
    Body body = new Body();
    Map<String, String> trailers = Map.of();
    if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
      trailers = readChunks(body);
    } else if (headers.containsKey("content-length")) {
      body.take(number(headers.get("content-length"), 10));
    }
    String path = words[1].split("\\?", 2)[0];
    return new Request(words[0], path, headers, body.bytes.toByteArray(), body.tooLarge, trailers);
  }

  /** Whole, whichever thread writes. */
  synchronized void write(Reply reply) throws IOException {
    StringBuilder head = new StringBuilder(256);
    head.append("HTTP/1.1 ").append(reply.status()).append(' ').append(phrase(reply.status()));
    reply
        .headers()
        .forEach((name, value) -> head.append("\r\n").append(name).append(": ").append(value));
    head.append("\r\nContent-Length: ").append(reply.body().length).append("\r\n\r\n");
    byte[] headBytes = head.toString().getBytes(StandardCharsets.UTF_8);
    byte[] whole = new byte[headBytes.length + reply.body().length];
    System.arraycopy(headBytes, 0, whole, 0, headBytes.length);
    System.arraycopy(reply.body(), 0, whole, headBytes.length, reply.body().length);
    out.write(whole);
    out.flush();
  }

  private synchronized void goOn() throws IOException {
    out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private Map<String, String> readChunks(Body body) throws IOException {
    while (true) {
      String size = line();
      if (size == null) {
        throw new EOFException("inside a chunked body");
      }
      long length = number(size.split(";", 2)[0].strip(), 16);
      if (length == 0) {
        return headers();
      }
      body.take(length);
      line();
    }
  }

  private static long number(String text, int radix) throws IOException {
    try {
      long value = Long.parseLong(text, radix);
      if (value < 0) {
        throw new IOException("a negative length");
      }
      return value;
    } catch (NumberFormatException e) {
      throw new IOException("a length that is no number", e);
    }
  }

  private Map<String, String> headers() throws IOException {
    Map<String, String> headers = new HashMap<>();
    int bytes = 0;
    for (String line = line(); line != null && !line.isEmpty(); line = line()) {
      bytes += line.length();
      if (bytes > HEAD_BYTES_MAX) {
        throw new IOException("more than " + HEAD_BYTES_MAX + " bytes of headers");
      }
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
            line.substring(colon + 1).strip());
      }
    }
    return headers;
  }

  /** A line without its end; null at the end of the stream. */
  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(80);
    for (int c = in.read(); c >= 0; c = in.read()) {
      if (c == '\n') {
        return line.toString(StandardCharsets.UTF_8);
      }
      if (c != '\r') {
        line.write(c);
      }
      if (line.size() > HEAD_BYTES_MAX) {
        throw new IOException("a line of more than " + HEAD_BYTES_MAX + " bytes");
      }
    }
    return null;
  }

  /** Collects a body up to the limit, and throws the rest away. */
  private final class Body {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean tooLarge;
    long taken;

    void take(long length) throws IOException {
      taken += length;
      if (taken > DISCARDED_BYTES_MAX) {
        throw new IOException("a body of more than " + DISCARDED_BYTES_MAX + " bytes");
      }
      tooLarge |= taken > bodyBytesMax;
      byte[] buffer = new byte[(int) Math.min(length, 1 << 16)];
      for (long left = length; left > 0; ) {
        int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (n < 0) {
          throw new EOFException("inside a body");
        }
        if (!tooLarge) {
          bytes.write(buffer, 0, n);
        }
        left -= n;
      }
      if (tooLarge) {
        bytes.reset();
      }
    }
  }

  private static String phrase(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 202 -> "Accepted";
      case 400 -> "Bad Request";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 413 -> "Request Entity Too Large";
      default -> "Error";
    };
  }
}
