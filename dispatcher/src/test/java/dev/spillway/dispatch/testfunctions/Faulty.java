package dev.spillway.dispatch.testfunctions;

import com.amazonaws.services.lambda.runtime.Context;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A function that breaks in the way that its variable {@code FAULT}, or its event, says. First it
 * writes down that it ran: task, hop and the event's text, one line in the file {@code RUNS}.
 */
public final class Faulty {
  private static final List<Object> HELD = new ArrayList<>();

  /** {@code {"text": ..., "fault": ...}}; the fault may be left out. */
  public Map<String, Object> handle(Map<String, Object> event, Context context) throws Exception {
    record(event, context);
    Object own = event.get("fault");
    switch (own == null ? String.valueOf(System.getenv("FAULT")) : own.toString()) {
      case "sleep" -> Thread.sleep(30_000);
      case "memory" -> eatOutsideTheHeap();
      case "heap" -> eatTheHeap();
      case "disk" -> fillTmp();
      case "device" -> writeToAFullDevice();
      case "abort" -> abort();
      default -> {}
    }
    return Map.of("text", String.valueOf(event.get("text")));
  }

  private static void record(Map<String, Object> event, Context context) throws IOException {
    Map<String, String> who = context.getClientContext().getCustom();
    Files.writeString(
        Path.of(System.getenv("RUNS")),
        who.get("spillwayTaskId")
            + " "
            + who.get("spillwayHop")
            + " function "
            + event.get("text")
            + "\n",
        StandardOpenOption.APPEND);
  }

  /** The heap has a limit of its own; what lies outside of it is held by the function's memory. */
  private static void eatOutsideTheHeap() throws InterruptedException {
    while (true) {
      MemorySegment piece = Arena.global().allocate(8 << 20);
      piece.fill((byte) 1);
      HELD.add(piece);
      Thread.sleep(5);
    }
  }

  private static void eatTheHeap() {
    List<byte[]> eaten = new ArrayList<>();
    while (true) {
      eaten.add(new byte[8 << 20]);
    }
  }

  private static void fillTmp() throws Exception {
    byte[] piece = new byte[1 << 20];
    Path file = Path.of(System.getProperty("java.io.tmpdir"), "large");
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int mib = 0; mib < 600; mib++) {
        out.write(piece);
      }
    }
    Thread.sleep(20_000);
  }

  private static void writeToAFullDevice() throws IOException {
    try (OutputStream out = new FileOutputStream("/dev/full")) {
      out.write(1);
    }
  }

  private static void abort() throws Exception {
    new ProcessBuilder("/bin/sh", "-c", "kill -ABRT " + ProcessHandle.current().pid()).start();
    Thread.sleep(20_000);
  }
}
