package dev.spillway.batch.execution.docker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.BuildImageResultCallback;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.HostConfig;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The image of the container that holds a task's network while its other containers come and go. It
 * waits, and does nothing else. Made here, from the few instructions that it takes, so that nothing
 * has to be pulled.
 *
 * <p>Source: System V ABI, ELF-64 object files; Linux system calls {@code pause} (x86-64, 34) and
 * {@code ppoll} (arm64, 73).
 */
final class PauseImage {
  private static final String NAME = "spillway-pause";
  private static final long LOADED_AT = 0x400000;
  private static final int HEADERS = 64 + 56;
  private static final int BLOCK = 512;

  private PauseImage() {}

  /** A container of it that runs, in that network; harmless when there is one. */
  static void hold(DockerClient client, String name, Map<String, String> labels, String network) {
    try {
      client
          .createContainerCmd(ensure(client))
          .withName(name)
          .withCmd("/pause")
          .withLabels(labels)
          .withHostConfig(HostConfig.newHostConfig().withNetworkMode(network))
          .exec();
    } catch (ConflictException e) {
      // Made before, maybe by another server.
    }
    try {
      client.startContainerCmd(name).exec();
    } catch (NotModifiedException e) {
      // It runs.
    }
  }

  /** Its name on the engine; made the first time. */
  private static synchronized String ensure(DockerClient client) {
    String architecture = client.versionCmd().exec().getArch().toLowerCase(Locale.ROOT);
    String name = NAME + ":" + architecture;
    try {
      client.inspectImageCmd(name).exec();
    } catch (NotFoundException e) {
      client
          .buildImageCmd(new ByteArrayInputStream(context(program(architecture))))
          .withTags(Set.of(name))
          .exec(new BuildImageResultCallback())
          .awaitImageId();
    }
    return name;
  }

  /** Waits for signals, for ever; the first process of a container ignores those it may. */
  static byte[] program(String architecture) {
    return switch (architecture) {
      // mov eax, 34; syscall; jmp back
      case "amd64" -> elf((short) 62, bytes(0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7));
      // mov x0..x3, #0; mov x8, #73; svc #0; b back
      case "arm64" ->
          elf(
              (short) 183,
              bytes(
                  0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x80, 0xd2, 0x02, 0x00, 0x80, 0xd2, 0x03,
                  0x00, 0x80, 0xd2, 0x28, 0x09, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4, 0xfa, 0xff,
                  0xff, 0x17));
      default ->
          throw new IllegalStateException(
              "several containers in one job are not known to run on " + architecture);
    };
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  /** A file header, one loadable segment, the code. */
  private static byte[] elf(short machine, byte[] code) {
    ByteBuffer elf = ByteBuffer.allocate(HEADERS + code.length).order(ByteOrder.LITTLE_ENDIAN);
    elf.put(bytes(0x7f, 'E', 'L', 'F', 2, 1, 1, 0)).putLong(0);
    elf.putShort((short) 2).putShort(machine).putInt(1);
    elf.putLong(LOADED_AT + HEADERS).putLong(64).putLong(0).putInt(0);
    elf.putShort((short) 64).putShort((short) 56).putShort((short) 1);
    elf.putShort((short) 64).putShort((short) 0).putShort((short) 0);
    elf.putInt(1).putInt(5).putLong(0).putLong(LOADED_AT).putLong(LOADED_AT);
    elf.putLong(HEADERS + code.length).putLong(HEADERS + code.length).putLong(0x1000);
    elf.put(code);
    return elf.array();
  }

  /** A tar archive: the file that says how to build, and the program. */
  private static byte[] context(byte[] program) {
    byte[] recipe =
        "FROM scratch\nCOPY pause /pause\nCMD [\"/pause\"]\n".getBytes(StandardCharsets.US_ASCII);
    var archive = new ByteArrayOutputStream();
    add(archive, "Dockerfile", "0000444", recipe);
    add(archive, "pause", "0000555", program);
    archive.writeBytes(new byte[2 * BLOCK]);
    return archive.toByteArray();
  }

  private static void add(ByteArrayOutputStream archive, String name, String mode, byte[] content) {
    byte[] header = new byte[BLOCK];
    put(header, 0, name);
    put(header, 100, mode);
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, "%011o".formatted(content.length));
    put(header, 136, "00000000000");
    put(header, 148, "        ");
    header[156] = '0';
    put(header, 257, "ustar\0" + "00");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    archive.writeBytes(header);
    archive.writeBytes(content);
    archive.writeBytes(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
  }

  private static void put(byte[] header, int at, String text) {
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, header, at, ascii.length);
  }
}
