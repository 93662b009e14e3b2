package dev.spillway.batch.logs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/** Gives blocks of a file back to the disk. Source: Linux, fallocate(2), FALLOC_FL_PUNCH_HOLE. */
@SuppressWarnings("restricted") // the server is started with native access
final class Holes {
  private static final int WRITE_ONLY = 1;
  private static final int CLOSE_ON_EXEC = 0x80000;
  private static final int PUNCH_HOLE_KEEP_SIZE = 3;

  private static final Optional<Calls> CALLS = Calls.find();

  private Holes() {}

  private record Calls(MethodHandle open, MethodHandle fallocate, MethodHandle close) {

    static Optional<Calls> find() {
      try {
        return Optional.of(
            new Calls(
                call("open", ADDRESS, JAVA_INT),
                call("fallocate", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
                call("close", JAVA_INT)));
      } catch (RuntimeException | LinkageError e) {
        return Optional.empty(); // another system than Linux
      }
    }

    private static MethodHandle call(String name, MemoryLayout... arguments) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().find(name).orElseThrow(),
          FunctionDescriptor.of(JAVA_INT, arguments));
    }
  }

  /** False where the system or the file system cannot. */
  static boolean punch(Path file, long offset, long bytes) {
    if (CALLS.isEmpty()) {
      return false;
    }
    Calls calls = CALLS.get();
    try (Arena arena = Arena.ofConfined()) {
      int descriptor =
          (int)
              calls.open.invokeExact(
                  arena.allocateFrom(file.toString()), WRITE_ONLY | CLOSE_ON_EXEC);
      if (descriptor < 0) {
        return false;
      }
      int done = (int) calls.fallocate.invokeExact(descriptor, PUNCH_HOLE_KEEP_SIZE, offset, bytes);
      int ignored = (int) calls.close.invokeExact(descriptor);
      return done == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("fallocate", e);
    }
  }
}
