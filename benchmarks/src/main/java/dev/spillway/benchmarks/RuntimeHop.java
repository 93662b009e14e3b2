package dev.spillway.benchmarks;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * A function process under a Runtime API that does nothing but pass one event: what AWS's own
 * runtime interface client and the handler take, from the event's last byte out to the answer's
 * last byte in. No Lambda, whoever builds it, answers faster.
 */
final class RuntimeHop implements AutoCloseable {
  private static final byte[] ACCEPTED =
      "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private static final Path JAVA_BIN = Path.of(System.getProperty("java.home"), "bin");

  private final Path code;
  private final ServerSocket port;
  private final Process worker;
  private final Socket connection;
  private final InputStream in;
  private final OutputStream out;

  /** {@code root}: the project's folder, built. */
  RuntimeHop(Path root, String handler) throws IOException {
    port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    code = Files.createTempDirectory("spillway-bench");
    Path zip = root.resolve("lambda-handlers/handlers/target/functions.zip");
    Shell.run("cd '" + code + "' && '" + JAVA_BIN.resolve("jar") + "' xf '" + zip + "'");
    String classPath =
        code + ":" + code + "/lib/*:" + root.resolve("dispatcher/target/app/ric") + "/*";
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of(
                    JAVA_BIN.resolve("java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx435m",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-cp",
                    classPath,
                    "com.amazonaws.services.lambda.runtime.api.client.AWSLambda",
                    handler))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:" + port.getLocalPort());
    builder.environment().put("AWS_LAMBDA_FUNCTION_NAME", "hop");
    builder.environment().put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512");
    builder.environment().put("AWS_LAMBDA_FUNCTION_VERSION", "1");
    builder.environment().put("_HANDLER", handler);
    worker = builder.start();
    port.setSoTimeout(30_000);
    connection = port.accept();
    connection.setTcpNoDelay(true);
    // A runtime that has something to complain of does so on another connection.
    connection.setSoTimeout(10_000);
    in = new BufferedInputStream(connection.getInputStream());
    out = connection.getOutputStream();
    request();
  }

  /** Nanoseconds; the runtime has asked for its next event when this returns. */
  long pass(String event) throws IOException {
    String head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            + "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
            + "Lambda-Runtime-Deadline-Ms: "
            + (System.currentTimeMillis() + 3_000)
            + "\r\nLambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:1:function:hop\r\n"
            + "Content-Length: "
            + event.length()
            + "\r\n\r\n";
    byte[] whole = (head + event).getBytes(StandardCharsets.US_ASCII);
    long begun = System.nanoTime();
    out.write(whole);
    request();
    long took = System.nanoTime() - begun;
    out.write(ACCEPTED);
    request();
    return took;
  }

  /** Reads one, with its body. */
  private void request() throws IOException {
    int body = 0;
    for (String line = line(); !line.isEmpty(); line = line()) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        body = Integer.parseInt(line.substring("content-length:".length()).strip());
      }
    }
    in.skipNBytes(body);
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the runtime hung up");
      }
      if (c != '\r') {
        line.write(c);
      }
    }
    return line.toString(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    worker.destroyForcibly();
    connection.close();
    port.close();
    Folders.delete(code);
  }
}
