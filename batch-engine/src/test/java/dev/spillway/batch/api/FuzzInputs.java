package dev.spillway.batch.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** Requests that nobody should send, each made from a valid one. */
final class FuzzInputs {
  private static final String ARN = "arn:aws:batch:us-east-1:123456789012:";
  private static final List<String> METHODS =
      List.of("GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "FOO", "post", "POST");
  private static final List<String> HEADERS =
      List.of(
          "Content-Type: text/xml",
          "Content-Type: ;;;",
          "Content-Type: ",
          "Content-Type: application/x-www-form-urlencoded",
          "Content-Type: multipart/form-data",
          "Content-Type: multipart/form-data; boundary=x",
          "Content-Type: application/json; charset=klingon",
          "Content-Type: application/x-amz-json-1.1",
          "Accept: text/plain",
          "Accept: nonsense",
          "Accept: application/xml;q=x",
          "Accept-Encoding: gzip",
          "Accept-Charset: utf-16",
          "Content-Encoding: gzip",
          "Content-Encoding: br",
          "Expect: 100-continue",
          "Expect: nonsense",
          "Transfer-Encoding: gzip, chunked",
          "Content-Length: 7",
          "Content-Length: -1",
          "Content-Length: 99999999999999999999",
          "Host: elsewhere.example",
          "Origin: http://elsewhere.example",
          "Cookie: a=b; =; ;;",
          "X-Amz-Target: AWSBatch.SubmitJob",
          "X-Amz-Date: yesterday",
          "Authorization: Nonsense",
          "Upgrade: h2c",
          "Connection: Upgrade, HTTP2-Settings",
          "X-HTTP-Method-Override: DELETE",
          "no colon here",
          ": no name",
          "X-Odd: \u0001\u007f\u00ff");
  private static final List<String> SEGMENTS =
      List.of(
          "",
          "/",
          "..",
          "%2e%2e",
          "%00",
          "%",
          "%zz",
          "%c0%ae",
          "%ed%a0%80",
          "SubmitJob",
          "SUBMITJOB",
          "submitjob/",
          "/submitjob",
          "submitjob?a=b&a",
          "submitjob;v=1",
          "submitjob#x",
          "tags",
          "tags/",
          "tags//",
          "a".repeat(3_000),
          "a".repeat(9_000),
          "\u00e9\u00ff",
          "{operation}",
          "[x]",
          "a b",
          "\"'<>\\^`{|}");
  private static final List<String> ARNS =
      List.of(
          ARN + "job-queue/q",
          ARN.replace(":", "%3A") + "job-queue%2Fq",
          ARN.replace(":", "%253A") + "job-queue%252Fq",
          ARN + "job-queue/none",
          ARN + "job/nobody:1",
          ARN + "job-definition/jd:99999999999999999999",
          ARN + "job-definition/jd",
          ARN + "job-definition/:",
          ARN + "/",
          ARN,
          "arn:aws:batch:eu-west-1:123456789012:job-queue/q",
          "arn",
          "%",
          "%4",
          "%zz",
          "a%",
          "%00",
          "%ff%fe",
          "%ed%a0%80",
          "%F0%9F%92%A9",
          "+",
          "a+b%2Bc",
          "..",
          "../submitjob",
          "%2e%2e%2fsubmitjob",
          "?tagKeys=a",
          "a".repeat(5_000));
  private static final List<String> QUERIES =
      List.of(
          "",
          "",
          "?tagKeys=a",
          "?tagKeys=",
          "?tagKeys",
          "?tagKeys=%zz",
          "?tagKeys=%ed%a0%80",
          "?tagKeys=a&tagKeys=b",
          "?x=y",
          "?&&=&",
          "?" + "tagKeys=a&".repeat(60),
          "?%00=%00");

  private final Random random;
  private final FuzzBodies bodies;
  private final List<FuzzBodies.Valid> valid;

  /**
   * What goes out.
   *
   * @param kind for the report
   * @param frame what the bytes are to the connection
   * @param head the answer has no body
   */
  record Input(String kind, byte[] bytes, Frame frame, boolean head) {

    /** The beginning, for a report. */
    String shown() {
      String text = new String(bytes, ISO_8859_1);
      return kind + " " + text.substring(0, Math.min(2_000, text.length()));
    }
  }

  FuzzInputs(Random random, FuzzBodies bodies, List<FuzzBodies.Valid> valid) {
    this.random = random;
    this.bodies = bodies;
    this.valid = valid;
  }

  /** One request; one after which the connection may be out of step; less than one. */
  enum Frame {
    WHOLE,
    LAST,
    HALF
  }

  /** The next one, for a server where these jobs are. */
  Input next(FuzzBodies.Stage stage, int number) {
    FuzzBodies.Valid from = valid.get(number % valid.size());
    String path = "/v1/" + from.operation();
    String json = stage.fill(from.json());
    return switch (random.nextInt(20)) {
      case 0 -> plain("valid", path, json.getBytes(UTF_8));
      case 1, 2 -> plain("bytes", path, bodies.broken(json));
      case 3 -> random.nextInt(4) == 0 ? plain("huge", path, bodies.huge(json)) : odd(path, json);
      case 4 -> odd(path, json);
      case 5 -> path(json);
      case 6 -> header(path, json);
      case 7 -> framing(path, json.getBytes(UTF_8));
      case 8, 9 -> tags(stage);
      default -> plain("json", path, bodies.changed(json));
    };
  }

  /** As a client would send it. */
  static Input plain(String kind, String path, byte[] body) {
    return request(kind, "POST", path, List.of(), body);
  }

  private static Input request(
      String kind, String method, String path, List<String> headers, byte[] body) {
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: localhost\r\n");
    headers.forEach(h -> head.append(h).append("\r\n"));
    head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    return new Input(
        kind, join(head.toString().getBytes(ISO_8859_1), body), Frame.WHOLE, method.equals("HEAD"));
  }

  private Input odd(String path, String json) {
    if (random.nextInt(3) == 0) {
      return plain("odd body", path, bodies.odd());
    }
    String method = METHODS.get(random.nextInt(METHODS.size()));
    return request("method " + method, method, path, List.of(), json.getBytes(UTF_8));
  }

  private Input path(String json) {
    String path = (random.nextInt(4) == 0 ? "/" : "/v1/") + pick(SEGMENTS);
    String method = random.nextInt(3) == 0 ? pick(METHODS) : "POST";
    return last(request("path", method, path, List.of(), json.getBytes(UTF_8)));
  }

  private Input header(String path, String json) {
    List<String> headers = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      headers.add(pick(HEADERS));
    }
    if (random.nextInt(20) == 0) {
      headers.add("X-Long: " + "x".repeat(20_000));
    }
    byte[] body = bodies.compressible(json, random.nextInt(5));
    Input input = last(request("header", "POST", path, headers, body));
    boolean waits =
        headers.stream().anyMatch(h -> h.matches("(Transfer|Content-L|Exp|Upg|Conn).*"));
    return waits ? new Input("frame header", input.bytes(), Frame.HALF, false) : input;
  }

  /** Chunks, lengths that lie, a body that never comes. */
  private Input framing(String path, byte[] body) {
    String head = "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n";
    String chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
    int half = body.length / 2;
    byte[] first = java.util.Arrays.copyOf(body, half);
    byte[] rest = java.util.Arrays.copyOfRange(body, half, body.length);
    byte[] bytes =
        switch (random.nextInt(9)) {
          case 0 -> join(text(chunked), chunk(first), chunk(rest), text("0\r\n\r\n"));
          case 1 -> join(text(chunked), chunk(first), text("zz\r\n"), rest);
          case 2 -> join(text(chunked), chunk(first));
          case 3 -> join(text(chunked), text("ffffffffffffffff\r\n"), rest);
          case 4 -> join(text(head + "Content-Length: " + (body.length + 9) + "\r\n\r\n"), body);
          case 5 -> join(text(head + "Content-Length: " + half + "\r\n\r\n"), body);
          case 6 -> join(text(head + "Content-Length: x\r\n\r\n"), body);
          case 7 ->
              join(
                  text("POST " + path + " HTTP/" + random.nextInt(4) + "." + random.nextInt(12)),
                  text("\r\nHost: localhost\r\nContent-Length: " + body.length + "\r\n\r\n"),
                  body);
          default -> join(text(head), text("Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), body);
        };
    return new Input("framing", bytes, Frame.HALF, false);
  }

  private Input tags(FuzzBodies.Stage stage) {
    String arn = random.nextInt(4) == 0 ? ARN + "job/" + stage.job() : pick(ARNS);
    String method = List.of("GET", "POST", "DELETE").get(random.nextInt(3));
    byte[] body =
        method.equals("POST")
            ? bodies.changed(random.nextInt(3) == 0 ? "{}" : "{\"tags\":{\"a\":\"b\",\"c\":\"\"}}")
            : new byte[0];
    return last(request("tags", method, "/v1/tags/" + arn + pick(QUERIES), List.of(), body));
  }

  /** Whatever the server makes of it, nothing follows on its connection. */
  private static Input last(Input input) {
    return new Input(input.kind(), input.bytes(), Frame.LAST, input.head());
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  static byte[] gzip(byte[] bytes) {
    var out = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(out)) {
      zip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static byte[] chunk(byte[] bytes) {
    return join(text(Integer.toHexString(bytes.length) + "\r\n"), bytes, text("\r\n"));
  }

  private static byte[] text(String text) {
    return text.getBytes(ISO_8859_1);
  }

  static byte[] join(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
