package dev.spillway.batch.execution.process.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.execution.process.ProcessSupervisor.Excess;
import dev.spillway.batch.execution.process.ProcessSupervisor.Limits;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import dev.spillway.batch.execution.process.supervisor.ExitRecords.Entry;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExitRecordsTest {
  private static final Limits LIMITS = new Limits(512, 1000, 64);
  private static final Optional<Excess> EXCESS = Optional.of(new Excess(Excess.Kind.TMP, 65, 64));
  private static final Instant NOW = Instant.parse("2026-11-21T02:00:00Z");

  @TempDir Path folder;

  @Test
  void the_last_entry_of_every_id_is_found_again_and_the_forgotten_is_not() throws IOException {
    try (var records = open().records()) {
      records.append(List.of(intent("a"), intent("b"), intent("c")));
      records.append(List.of(forked("a", 17), forked("b", 18), over("b", 3)));
      records.append(List.of(over("c", 0), new Entry.Forgotten("c")));
      records.sync();
    }

    assertThat(open().latest()).containsExactly(entry(forked("a", 17)), entry(over("b", 3)));
  }

  @Test
  void a_file_of_the_version_that_knew_no_limits_is_read() throws IOException {
    String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    var file = new ByteArrayOutputStream();
    frame(
        file,
        out -> {
          out.writeInt(1);
          Wire.text(out, boot);
        });
    frame(
        file,
        out -> {
          out.writeByte(2);
          Wire.write(out, new Status.Running("a", 17, NOW));
          out.writeLong(99);
          out.writeBoolean(true);
        });
    frame(
        file,
        out -> {
          out.writeByte(3);
          out.writeByte('E');
          Wire.text(out, "b");
          out.writeInt(3);
          out.writeLong(NOW.toEpochMilli());
          out.writeLong(NOW.plusSeconds(1).toEpochMilli());
          out.writeLong(1024);
        });
    Files.write(file(), file.toByteArray());

    assertThat(open().latest())
        .containsExactly(
            entry(new Entry.Forked("a", new Status.Running("a", 17, NOW), 99, true, Limits.NONE)),
            entry(
                new Entry.Over(
                    "b",
                    new Status.Ended(
                        "b", OptionalInt.of(3), NOW, NOW.plusSeconds(1), 1024, Optional.empty()))));
    assertThat(open().latest()).as("after it was written anew").hasSize(2);
  }

  private interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  private static void frame(ByteArrayOutputStream file, Body body) throws IOException {
    var bytes = new ByteArrayOutputStream();
    body.write(new DataOutputStream(bytes));
    var crc = new java.util.zip.CRC32();
    crc.update(bytes.toByteArray());
    var out = new DataOutputStream(file);
    out.writeInt(bytes.size());
    out.writeInt((int) crc.getValue());
    out.write(bytes.toByteArray());
  }

  @Test
  void a_torn_tail_is_cut_off_and_what_follows_is_kept() throws IOException {
    try (var records = open().records()) {
      records.append(List.of(over("a", 1)));
    }
    Files.write(file(), new byte[] {0, 0, 0, 40, 1, 2, 3}, StandardOpenOption.APPEND);

    try (var records = open().records()) {
      records.append(List.of(over("b", 2)));
    }

    assertThat(open().latest()).containsExactly(entry(over("a", 1)), entry(over("b", 2)));
  }

  @Test
  void a_damaged_record_is_not_believed() throws IOException {
    try (var records = open().records()) {
      records.append(List.of(over("a", 1), over("b", 2)));
    }
    byte[] bytes = Files.readAllBytes(file());
    bytes[bytes.length - 1] ^= 1;
    Files.write(file(), bytes);

    assertThat(open().latest()).containsExactly(entry(over("a", 1)));
  }

  @Test
  void what_ran_in_another_boot_of_the_machine_is_dropped_and_what_ended_is_kept()
      throws IOException {
    try (var records = open().records()) {
      records.append(List.of(intent("a"), forked("b", 18), over("c", 3)));
    }
    byte[] bytes = Files.readAllBytes(file());
    String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    byte[] other =
        "00000000-0000-0000-0000-000000000000".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    System.arraycopy(other, 0, bytes, 16, boot.length());
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(bytes, 8, 8 + boot.length());
    java.nio.ByteBuffer.wrap(bytes).putInt(4, (int) crc.getValue());
    Files.write(file(), bytes);

    assertThat(open().latest()).containsExactly(entry(over("c", 3)));
  }

  @Test
  void the_file_shrinks_to_what_lives() throws IOException {
    try (var records = open().records()) {
      for (int i = 0; i < 5000; i++) {
        records.append(List.of(over("x" + i, 0), new Entry.Forgotten("x" + i)));
      }
      long before = Files.size(file());
      assertThat(records.wasteful(1)).isTrue();

      records.rewrite(List.of(over("kept", 5)));

      assertThat(records.wasteful(1)).isFalse();
      assertThat(Files.size(file())).isLessThan(before / 100);
      records.append(List.of(over("next", 6)));
    }

    assertThat(open().latest()).containsExactly(entry(over("kept", 5)), entry(over("next", 6)));
  }

  private ExitRecords.Opened open() throws IOException {
    return ExitRecords.open(file());
  }

  private Path file() {
    return folder.resolve("records");
  }

  private static java.util.Map.Entry<String, Entry> entry(Entry entry) {
    return java.util.Map.entry(entry.id(), entry);
  }

  private static Entry intent(String id) {
    return new Entry.Intent(id, "/folder/" + id, false, LIMITS);
  }

  private static Entry forked(String id, long pid) {
    return new Entry.Forked(id, new Status.Running(id, pid, NOW), 99, true, LIMITS);
  }

  private static Entry over(String id, int code) {
    return new Entry.Over(
        id, new Status.Ended(id, OptionalInt.of(code), NOW, NOW.plusSeconds(1), 1024, EXCESS));
  }
}
