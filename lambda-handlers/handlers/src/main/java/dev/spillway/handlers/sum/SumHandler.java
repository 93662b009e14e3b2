package dev.spillway.handlers.sum;

import dev.spillway.handlers.workload.InvalidPayloadException;
import dev.spillway.handlers.workload.Workload;
import dev.spillway.handlers.workload.WorkloadHandler;
import io.micronaut.core.annotation.Introspected;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;

/**
 * Each node adds up its share; the main node listens, the others bring theirs, as a reduction in
 * MPI does. Alone, a node is the main one.
 *
 * <p>Source: AWS Batch user guide, multi-node parallel jobs, environment variables.
 */
@Workload("sum")
@Introspected
public class SumHandler extends WorkloadHandler<SumRequest, SumResult> {
  private static final int PORT = 7077;
  private static final long LARGEST = 3_000_000_000L;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  public SumHandler() {
    super(SumRequest.class);
  }

  @Override
  protected SumResult run(SumRequest request) throws IOException {
    if (request.to() < 1 || request.to() > LARGEST) {
      throw new InvalidPayloadException("to must be 1 to " + LARGEST);
    }
    Map<String, String> environment = System.getenv();
    int nodes = number(environment, "AWS_BATCH_JOB_NUM_NODES", 1);
    int node = number(environment, "AWS_BATCH_JOB_NODE_INDEX", 0);
    int main = number(environment, "AWS_BATCH_JOB_MAIN_NODE_INDEX", 0);
    if (node == main) {
      try (ServerSocket server = new ServerSocket(PORT)) {
        server.setSoTimeout((int) PATIENCE.toMillis());
        long sum = share(node, nodes, request.to());
        for (int other = 1; other < nodes; other++) {
          sum += receive(server);
        }
        return new SumResult(request.to(), nodes, node, sum);
      }
    }
    long sum = share(node, nodes, request.to());
    send(environment.get("AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"), node, sum);
    return new SumResult(request.to(), nodes, node, sum);
  }

  private static int number(Map<String, String> environment, String name, int otherwise) {
    return Integer.parseInt(environment.getOrDefault(name, Integer.toString(otherwise)));
  }

  /** Every {@code nodes}-th number, from another one on at each node. */
  private static long share(int node, int nodes, long to) {
    long sum = 0;
    for (long number = node + 1L; number <= to; number += nodes) {
      sum += number;
    }
    return sum;
  }

  private static long receive(ServerSocket server) throws IOException {
    try (Socket other = server.accept();
        var in = new DataInputStream(other.getInputStream())) {
      int node = in.readInt();
      long share = in.readLong();
      System.err.println("node " + node + " brings " + share);
      return share;
    }
  }

  /** The main node may not listen yet. */
  private static void send(String main, int node, long share) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(main, PORT), 1_000);
        var out = new DataOutputStream(socket.getOutputStream());
        out.writeInt(node);
        out.writeLong(share);
        out.flush();
        return;
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        pause();
      }
    }
  }

  private static void pause() throws InterruptedIOException {
    try {
      Thread.sleep(200);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the main node did not listen");
    }
  }
}
