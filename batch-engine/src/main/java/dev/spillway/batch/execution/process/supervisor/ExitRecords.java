package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor.Limits;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * The supervisor's memory over its own death: an append-only file of what was to be forked, what
 * was, and how it ended.
 *
 * <p>Shape: each record is a length, a checksum and a body; a torn tail is cut off. The first
 * record names the boot of the machine: what ran in another boot runs no more. Files of earlier
 * versions are read, and written anew in this one's form. <br>
 * Durability: a write outlives this process; {@link #sync} makes it outlive the machine. Only ends
 * are worth that, since a power cut ends the processes themselves. <br>
 * Source of the layout: this file alone, see {@link Wire#VERSION}.
 */
final class ExitRecords implements AutoCloseable {
  /** Dead records are tolerated up to this many, or to twice the living, before a rewrite. */
  private static final int DEAD_MIN = 4096;

  private static final int BODY_BYTES_MAX = 32 << 20;

  /** One thing to remember of one process. */
  sealed interface Entry {
    String id();

    /** About to be forked in {@code folder}: if we die now, the folder is how it is found. */
    record Intent(String id, String folder, boolean tied, Limits limits) implements Entry {}

    /**
     * @param startTicks of {@code /proc/pid/stat}: tells a process from a later one of the same id
     */
    record Forked(String id, Status.Running running, long startTicks, boolean tied, Limits limits)
        implements Entry {}

    /** It ended or never ran. */
    record Over(String id, Status status) implements Entry {}

    record Forgotten(String id) implements Entry {}
  }

  private final Path file;
  private final String boot;
  private FileChannel channel;
  private long written;

  private ExitRecords(Path file, String boot) {
    this.file = file;
    this.boot = boot;
  }

  /** What was read: the last entry of every id that is not forgotten. */
  record Opened(ExitRecords records, Map<String, Entry> latest) {}

  static Opened open(Path file) throws IOException {
    var records = new ExitRecords(file, bootId());
    Map<String, Entry> latest = records.read();
    records.rewrite(latest.values());
    return new Opened(records, latest);
  }

  /** Appends in one write. */
  synchronized void append(List<Entry> entries) throws IOException {
    var bytes = new ByteArrayOutputStream(128 * entries.size());
    for (Entry entry : entries) {
      frame(bytes, body(entry));
    }
    writeFully(channel, bytes);
    written += entries.size();
  }

  /** Group commit: what was appended before this call is on disk after it. */
  void sync() throws IOException {
    FileChannel now;
    synchronized (this) {
      now = channel;
    }
    now.force(false);
  }

  /** True when most of the file tells of what is forgotten. */
  synchronized boolean wasteful(int living) {
    return written > DEAD_MIN + 3L * living;
  }

  /** Writes a new file with {@code living} alone, and puts it in the old one's place. */
  synchronized void rewrite(Collection<Entry> living) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".new");
    FileChannel fresh =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING);
    var bytes = new ByteArrayOutputStream();
    frame(bytes, header());
    for (Entry entry : living) {
      frame(bytes, body(entry));
    }
    writeFully(fresh, bytes);
    fresh.force(true);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent())) {
      folder.force(true);
    }
    if (channel != null) {
      channel.close();
    }
    channel = fresh;
    written = living.size();
  }

  private Map<String, Entry> read() throws IOException {
    Map<String, Entry> latest = new LinkedHashMap<>();
    if (!Files.exists(file)) {
      return latest;
    }
    try (var in =
        new DataInputStream(new java.io.BufferedInputStream(Files.newInputStream(file)))) {
      byte[] header = next(in);
      if (header == null) {
        return latest;
      }
      int version = version(header);
      boolean sameBoot = sameBoot(header);
      for (byte[] body = next(in); body != null; body = next(in)) {
        Entry entry = entry(new DataInputStream(new ByteArrayInputStream(body)), version);
        latest.remove(entry.id());
        switch (entry) {
          case Entry.Over over -> latest.put(over.id(), over);
          case Entry.Intent intent when sameBoot -> latest.put(intent.id(), intent);
          case Entry.Forked forked when sameBoot -> latest.put(forked.id(), forked);
          case Entry.Intent _, Entry.Forked _, Entry.Forgotten _ -> {}
        }
      }
    }
    return latest;
  }

  /** The next body, or null at the end or where the file is torn. */
  private static byte[] next(DataInputStream in) throws IOException {
    byte[] head = in.readNBytes(8);
    if (head.length < 8) {
      return null;
    }
    ByteBuffer numbers = ByteBuffer.wrap(head);
    int length = numbers.getInt();
    int checksum = numbers.getInt();
    if (length <= 0 || length > BODY_BYTES_MAX) {
      return null;
    }
    byte[] body = in.readNBytes(length);
    return body.length == length && checksum(body) == checksum ? body : null;
  }

  private byte[] header() throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    out.writeInt(Wire.VERSION);
    Wire.text(out, boot);
    return bytes.toByteArray();
  }

  private int version(byte[] header) throws IOException {
    int version = ByteBuffer.wrap(header).getInt();
    if (version < 1 || version > Wire.VERSION) {
      throw new IOException(
          file
              + " has version "
              + version
              + ", this supervisor reads "
              + Wire.VERSION
              + ": start the Spillway that wrote it until its jobs have ended, or move the file away");
    }
    return version;
  }

  private boolean sameBoot(byte[] header) throws IOException {
    var in = new DataInputStream(new ByteArrayInputStream(header));
    in.readInt();
    return Wire.text(in).equals(boot);
  }

  private static byte[] body(Entry entry) throws IOException {
    var bytes = new ByteArrayOutputStream(96);
    var out = new DataOutputStream(bytes);
    switch (entry) {
      case Entry.Intent intent -> {
        out.writeByte(1);
        Wire.text(out, intent.id());
        Wire.text(out, intent.folder());
        out.writeBoolean(intent.tied());
        Wire.write(out, intent.limits());
      }
      case Entry.Forked forked -> {
        out.writeByte(2);
        Wire.write(out, forked.running());
        out.writeLong(forked.startTicks());
        out.writeBoolean(forked.tied());
        Wire.write(out, forked.limits());
      }
      case Entry.Over over -> {
        out.writeByte(3);
        Wire.write(out, over.status());
      }
      case Entry.Forgotten forgotten -> {
        out.writeByte(4);
        Wire.text(out, forgotten.id());
      }
    }
    return bytes.toByteArray();
  }

  private static Entry entry(DataInputStream in, int version) throws IOException {
    int kind = in.readUnsignedByte();
    return switch (kind) {
      case 1 ->
          new Entry.Intent(Wire.text(in), Wire.text(in), in.readBoolean(), limits(in, version));
      case 2 -> {
        var running = (Status.Running) Wire.readStatus(in, version);
        yield new Entry.Forked(
            running.id(), running, in.readLong(), in.readBoolean(), limits(in, version));
      }
      case 3 -> {
        Status status = Wire.readStatus(in, version);
        yield new Entry.Over(status.id(), status);
      }
      case 4 -> new Entry.Forgotten(Wire.text(in));
      default -> throw new IOException("unknown record " + kind);
    };
  }

  private static Limits limits(DataInputStream in, int version) throws IOException {
    return version == 1 ? Limits.NONE : Wire.readLimits(in);
  }

  private static void frame(ByteArrayOutputStream bytes, byte[] body) throws IOException {
    var out = new DataOutputStream(bytes);
    out.writeInt(body.length);
    out.writeInt(checksum(body));
    out.write(body);
  }

  private static int checksum(byte[] body) {
    var crc = new CRC32();
    crc.update(body);
    return (int) crc.getValue();
  }

  private static void writeFully(FileChannel channel, ByteArrayOutputStream bytes)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes.toByteArray());
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private static String bootId() throws IOException {
    return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
  }

  @Override
  public synchronized void close() throws IOException {
    channel.close();
  }
}
