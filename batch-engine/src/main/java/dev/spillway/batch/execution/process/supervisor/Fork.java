package dev.spillway.batch.execution.process.supervisor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code posix_spawn}, with what every child of the supervisor has in common: a session of its own,
 * no signal blocked or ignored, nothing on standard input, output to one file, no other descriptor.
 *
 * <p>Shape: one per thread; its memory is used again for every fork.
 */
@SuppressWarnings("restricted") // the supervisor is started with native access
final class Fork {
  private static final short SETSIGDEF = 0x04;
  private static final short SETSIGMASK = 0x08;
  private static final short SETSID = 0x80;
  // glibc: posix_spawnattr_t 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128.
  private static final long ATTRIBUTES_BYTES = 512;
  private static final long ACTIONS_BYTES = 256;
  private static final long SIGNALS_BYTES = 128;

  private static final MethodHandle SPAWN =
      call("posix_spawn", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle ATTRIBUTES_INIT = call("posix_spawnattr_init", ADDRESS);
  private static final MethodHandle SET_FLAGS =
      call("posix_spawnattr_setflags", ADDRESS, JAVA_SHORT);
  private static final MethodHandle SET_MASK = call("posix_spawnattr_setsigmask", ADDRESS, ADDRESS);
  private static final MethodHandle SET_DEFAULT =
      call("posix_spawnattr_setsigdefault", ADDRESS, ADDRESS);
  private static final MethodHandle FILL = call("sigfillset", ADDRESS);
  private static final MethodHandle EMPTY = call("sigemptyset", ADDRESS);
  private static final MethodHandle ACTIONS_INIT = call("posix_spawn_file_actions_init", ADDRESS);
  private static final MethodHandle ACTIONS_DESTROY =
      call("posix_spawn_file_actions_destroy", ADDRESS);
  private static final MethodHandle ADD_OPEN =
      call("posix_spawn_file_actions_addopen", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle ADD_DUP =
      call("posix_spawn_file_actions_adddup2", ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle ADD_CHDIR =
      call("posix_spawn_file_actions_addchdir_np", ADDRESS, ADDRESS);
  private static final MethodHandle ADD_CLOSE_FROM =
      call("posix_spawn_file_actions_addclosefrom_np", ADDRESS, JAVA_INT);

  private final Arena arena = Arena.ofAuto();
  private final MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, 16);
  private final MemorySegment actions = arena.allocate(ACTIONS_BYTES, 16);
  private final MemorySegment nothing = arena.allocateFrom("/dev/null");
  private final MemorySegment pid = arena.allocate(JAVA_INT);
  private MemorySegment block = arena.allocate(16 * 1024, 16);

  /**
   * All that a fork needs, already in the C library's form but for the addresses.
   *
   * @param strings program, folder, arguments and environment, each ended by a zero byte
   * @param output an open descriptor; stays the caller's
   */
  record Image(
      byte[] strings, int[] argumentOffsets, int[] variableOffsets, int folderOffset, int output) {

    /** What cannot be started. */
    static final Image NONE = of("/nonexistent/program", List.of("none"), Map.of("A", "b"), "/", 1);

    static Image of(
        String program,
        List<String> command,
        Map<String, String> environment,
        String folder,
        int output) {
      var strings = new java.io.ByteArrayOutputStream(4096);
      append(strings, program);
      int folderOffset = append(strings, folder);
      int[] arguments = command.stream().mapToInt(text -> append(strings, text)).toArray();
      int[] variables =
          environment.entrySet().stream()
              .mapToInt(entry -> append(strings, entry.getKey() + "=" + entry.getValue()))
              .toArray();
      return new Image(strings.toByteArray(), arguments, variables, folderOffset, output);
    }

    private static int append(java.io.ByteArrayOutputStream strings, String text) {
      int at = strings.size();
      strings.writeBytes(text.getBytes(StandardCharsets.UTF_8));
      strings.write(0);
      return at;
    }
  }

  Fork() {
    try {
      MemorySegment all = arena.allocate(SIGNALS_BYTES, 8);
      MemorySegment none = arena.allocate(SIGNALS_BYTES, 8);
      int done = (int) ATTRIBUTES_INIT.invokeExact(attributes);
      done |= (int) FILL.invokeExact(all);
      done |= (int) EMPTY.invokeExact(none);
      done |= (int) SET_DEFAULT.invokeExact(attributes, all);
      done |= (int) SET_MASK.invokeExact(attributes, none);
      done |= (int) SET_FLAGS.invokeExact(attributes, (short) (SETSIGDEF | SETSIGMASK | SETSID));
      if (done != 0) {
        throw new IllegalStateException("posix_spawnattr: error " + done);
      }
    } catch (Throwable e) {
      throw Libc.broken(e);
    }
  }

  /**
   * The new process's id, or {@code -errno} of whatever step failed, the program's start included.
   *
   * @param gate a pipe that the new process opens before all else, and waits for a writer
   */
  int run(Image image, Optional<String> gate) {
    try {
      MemorySegment strings = place(image);
      MemorySegment folder = strings.asSlice(image.folderOffset());
      int done = (int) ACTIONS_INIT.invokeExact(actions);
      if (gate.isPresent()) {
        try (Arena names = Arena.ofConfined()) {
          // The C library keeps a copy of the name.
          MemorySegment name = names.allocateFrom(gate.get());
          done |= (int) ADD_OPEN.invokeExact(actions, 0, name, 0, 0);
        }
      }
      done |= (int) ADD_OPEN.invokeExact(actions, 0, nothing, 0, 0);
      done |= (int) ADD_DUP.invokeExact(actions, image.output(), 1);
      done |= (int) ADD_DUP.invokeExact(actions, image.output(), 2);
      done |= (int) ADD_CHDIR.invokeExact(actions, folder);
      done |= (int) ADD_CLOSE_FROM.invokeExact(actions, 3);
      if (done == 0) {
        long arguments = align(image.strings().length);
        long variables = arguments + 8L * (image.argumentOffsets().length + 1);
        done =
            (int)
                SPAWN.invokeExact(
                    pid,
                    strings,
                    actions,
                    attributes,
                    block.asSlice(arguments),
                    block.asSlice(variables));
      }
      int ignored = (int) ACTIONS_DESTROY.invokeExact(actions);
      return done == 0 ? pid.get(JAVA_INT, 0) : -done;
    } catch (Throwable e) {
      throw Libc.broken(e);
    }
  }

  /** Strings first, then the two lists of addresses, each ended by a null. */
  private MemorySegment place(Image image) {
    int length = image.strings().length;
    long needed =
        align(length) + 8L * (image.argumentOffsets().length + image.variableOffsets().length + 2);
    if (needed > block.byteSize()) {
      block = arena.allocate(needed * 2, 16);
    }
    MemorySegment.copy(image.strings(), 0, block, JAVA_BYTE, 0, length);
    long at = addresses(image.argumentOffsets(), align(length));
    addresses(image.variableOffsets(), at);
    return block;
  }

  private long addresses(int[] offsets, long start) {
    long at = start;
    for (int offset : offsets) {
      block.set(ADDRESS, at, block.asSlice(offset));
      at += 8;
    }
    block.set(ADDRESS, at, MemorySegment.NULL);
    return at + 8;
  }

  private static long align(long length) {
    return (length + 15) & ~15L;
  }

  private static MethodHandle call(String name, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().find(name).orElseThrow(() -> missing(name)),
        FunctionDescriptor.of(JAVA_INT, arguments));
  }

  private static IllegalStateException missing(String name) {
    return new IllegalStateException(
        "the C library has no " + name + "; the process runner needs glibc 2.34 or newer");
  }
}
