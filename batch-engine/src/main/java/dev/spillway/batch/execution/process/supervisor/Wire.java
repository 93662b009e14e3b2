package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor.Excess;
import dev.spillway.batch.execution.process.ProcessSupervisor.Limits;
import dev.spillway.batch.execution.process.ProcessSupervisor.Spawn;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import dev.spillway.batch.execution.process.ProcessSupervisor.Strength;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the server and its supervisor say to each other over the Unix-domain socket.
 *
 * <p>Shape: one byte of kind, then the fields; texts are a length and UTF-8. Both ends come from
 * the same build but for one case: a server that was upgraded while jobs ran. {@link #VERSION}
 * tells it. <br>
 * Errors: anything malformed is an {@link IOException}, which ends the connection.
 */
public final class Wire {
  /** Raised with every change of the messages or of the records on disk. */
  public static final int VERSION = 2;

  private static final int TEXT_BYTES_MAX = 16 << 20;
  private static final int ITEMS_MAX = 1 << 20;

  private Wire() {}

  /** One message, either way. */
  public sealed interface Message {}

  /** First from both ends. */
  public record Hello(int version, long pid) implements Message {}

  /** Server: fork this. Answered by a {@link Changed} of the same id. */
  public record Start(Spawn spawn) implements Message {}

  /** Server: send a signal to the process group. */
  public record Signal(String id, int signal) implements Message {}

  /** Server: tell all that is known. */
  public record ListAll(int number) implements Message {}

  /** Server: drop the exit record. */
  public record Forget(String id) implements Message {}

  /** Supervisor, after its greeting: how far processes are kept apart. */
  public record Isolation(Strength strength) implements Message {}

  /** Supervisor: a process changed. */
  public record Changed(Status status) implements Message {}

  /** Supervisor: the answer to {@link ListAll}. */
  public record Listed(int number, List<Status> statuses) implements Message {}

  public static void write(DataOutputStream out, Message message) throws IOException {
    switch (message) {
      case Hello hello -> {
        out.writeByte('H');
        out.writeInt(hello.version());
        out.writeLong(hello.pid());
      }
      case Start(Spawn spawn) -> {
        out.writeByte('S');
        write(out, spawn);
      }
      case Signal signal -> {
        out.writeByte('K');
        text(out, signal.id());
        out.writeInt(signal.signal());
      }
      case ListAll list -> {
        out.writeByte('L');
        out.writeInt(list.number());
      }
      case Forget forget -> {
        out.writeByte('F');
        text(out, forget.id());
      }
      case Isolation(Strength strength) -> {
        out.writeByte('I');
        text(out, strength.text());
        out.writeBoolean(strength.limits());
      }
      case Changed(Status status) -> {
        out.writeByte('C');
        write(out, status);
      }
      case Listed listed -> {
        out.writeByte('A');
        out.writeInt(listed.number());
        out.writeInt(listed.statuses().size());
        for (Status status : listed.statuses()) {
          write(out, status);
        }
      }
    }
  }

  public static Message read(DataInputStream in) throws IOException {
    int kind = in.readUnsignedByte();
    return switch (kind) {
      case 'H' -> new Hello(in.readInt(), in.readLong());
      case 'S' -> new Start(readSpawn(in));
      case 'K' -> new Signal(text(in), in.readInt());
      case 'L' -> new ListAll(in.readInt());
      case 'F' -> new Forget(text(in));
      case 'I' -> new Isolation(new Strength(text(in), in.readBoolean()));
      case 'C' -> new Changed(readStatus(in, VERSION));
      case 'A' -> {
        int number = in.readInt();
        int count = count(in);
        List<Status> statuses = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
          statuses.add(readStatus(in, VERSION));
        }
        yield new Listed(number, statuses);
      }
      default -> throw new IOException("unknown message " + kind);
    };
  }

  private static void write(DataOutputStream out, Spawn spawn) throws IOException {
    text(out, spawn.id());
    out.writeInt(spawn.command().size());
    for (String argument : spawn.command()) {
      text(out, argument);
    }
    out.writeInt(spawn.environment().size());
    for (var variable : spawn.environment().entrySet()) {
      text(out, variable.getKey());
      text(out, variable.getValue());
    }
    text(out, spawn.workingDirectory().toString());
    text(out, spawn.output().toString());
    out.writeBoolean(spawn.tied());
    write(out, spawn.limits());
  }

  static void write(DataOutputStream out, Limits limits) throws IOException {
    out.writeLong(limits.memoryMib());
    out.writeInt(limits.vcpuMillis());
    out.writeLong(limits.tmpMib());
  }

  static Limits readLimits(DataInputStream in) throws IOException {
    return new Limits(in.readLong(), in.readInt(), in.readLong());
  }

  private static Spawn readSpawn(DataInputStream in) throws IOException {
    String id = text(in);
    int arguments = count(in);
    List<String> command = new ArrayList<>(arguments);
    for (int i = 0; i < arguments; i++) {
      command.add(text(in));
    }
    int variables = count(in);
    Map<String, String> environment = LinkedHashMap.newLinkedHashMap(variables);
    for (int i = 0; i < variables; i++) {
      environment.put(text(in), text(in));
    }
    return new Spawn(
        id,
        command,
        environment,
        Path.of(text(in)),
        Path.of(text(in)),
        in.readBoolean(),
        readLimits(in));
  }

  static void write(DataOutputStream out, Status status) throws IOException {
    switch (status) {
      case Status.Running running -> {
        out.writeByte('R');
        text(out, running.id());
        out.writeLong(running.pid());
        out.writeLong(running.startedAt().toEpochMilli());
      }
      case Status.Ended ended -> {
        out.writeByte('E');
        text(out, ended.id());
        out.writeInt(ended.exitCode().orElse(-1));
        out.writeLong(ended.startedAt().toEpochMilli());
        out.writeLong(ended.at().toEpochMilli());
        out.writeLong(ended.maxRssKib());
        out.writeByte(ended.excess().map(one -> one.kind().ordinal() + 1).orElse(0));
        if (ended.excess().isPresent()) {
          out.writeLong(ended.excess().get().usedMib());
          out.writeLong(ended.excess().get().limitMib());
        }
      }
      case Status.NotStarted failed -> {
        out.writeByte('N');
        text(out, failed.id());
        text(out, failed.reason());
        out.writeLong(failed.at().toEpochMilli());
      }
    }
  }

  /** {@code version}: of whoever wrote it; the first knew no limits. */
  static Status readStatus(DataInputStream in, int version) throws IOException {
    int kind = in.readUnsignedByte();
    String id = text(in);
    return switch (kind) {
      case 'R' -> new Status.Running(id, in.readLong(), Instant.ofEpochMilli(in.readLong()));
      case 'E' -> {
        int code = in.readInt();
        yield new Status.Ended(
            id,
            code < 0 ? OptionalInt.empty() : OptionalInt.of(code),
            Instant.ofEpochMilli(in.readLong()),
            Instant.ofEpochMilli(in.readLong()),
            in.readLong(),
            version == 1 ? Optional.empty() : readExcess(in));
      }
      case 'N' -> new Status.NotStarted(id, text(in), Instant.ofEpochMilli(in.readLong()));
      default -> throw new IOException("unknown status " + kind);
    };
  }

  private static Optional<Excess> readExcess(DataInputStream in) throws IOException {
    int kind = in.readUnsignedByte();
    if (kind > Excess.Kind.values().length) {
      throw new IOException("unknown limit " + kind);
    }
    return kind == 0
        ? Optional.empty()
        : Optional.of(new Excess(Excess.Kind.values()[kind - 1], in.readLong(), in.readLong()));
  }

  static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  static String text(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > TEXT_BYTES_MAX) {
      throw new IOException("a text of " + length + " bytes; the limit is " + TEXT_BYTES_MAX);
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new java.io.EOFException("the message ends within a text");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static int count(DataInputStream in) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > ITEMS_MAX) {
      throw new IOException("a list of " + count + " items; the limit is " + ITEMS_MAX);
    }
    return count;
  }
}
