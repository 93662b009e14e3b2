package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor.Strength;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/** The supervisor's end of one connection: reads requests and prepares forks, in order. */
final class Connection {
  private final SocketChannel channel;
  private final Outgoing outgoing;
  private final Children children;
  private final Preparation preparation;
  private final Spawner spawner;

  /** {@code strength}: told first of all. */
  Connection(
      SocketChannel channel,
      Children children,
      Preparation preparation,
      Spawner spawner,
      Strength strength) {
    this.channel = channel;
    this.outgoing = new Outgoing(channel, "tell");
    this.children = children;
    this.preparation = preparation;
    this.spawner = spawner;
    send(new Wire.Hello(Wire.VERSION, ProcessHandle.current().pid()));
    send(new Wire.Isolation(strength));
  }

  void send(Wire.Message message) {
    outgoing.send(message);
  }

  /** Until the peer has gone. */
  void serve() {
    try (var in =
        new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel), 64 * 1024))) {
      while (true) {
        handle(Wire.read(in));
      }
    } catch (IOException e) {
      // The server ended, or sent what we cannot read: either way this connection is over.
    } finally {
      outgoing.close();
      children.disconnected(this);
    }
  }

  private void handle(Wire.Message message) throws IOException {
    switch (message) {
      case Wire.Hello hello -> {
        if (hello.version() != Wire.VERSION) {
          throw new IOException("the server speaks version " + hello.version());
        }
      }
      case Wire.Start(var spawn) ->
          children
              .request(spawn, this)
              .ifPresent(
                  child -> {
                    try {
                      spawner.submit(new Slot.Work(child, spawn, preparation.prepare(spawn)));
                    } catch (Preparation.Refused e) {
                      children.refused(child, e.getMessage());
                    }
                  });
      case Wire.Signal(String id, int signal) -> children.signal(id, signal);
      case Wire.ListAll(int number) -> children.list(number, this);
      case Wire.Forget(String id) -> children.forget(id);
      case Wire.Changed _, Wire.Listed _, Wire.Isolation _ ->
          throw new IOException("only the supervisor sends " + message);
    }
  }
}
