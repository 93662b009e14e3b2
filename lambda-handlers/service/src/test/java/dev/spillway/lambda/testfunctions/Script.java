package dev.spillway.lambda.testfunctions;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A function that does what its event says. Runs in a process of its own. */
public class Script implements RequestHandler<Map<String, Object>, Object> {
  private static int calls;

  @Override
  public Object handleRequest(Map<String, Object> event, Context context) {
    calls++;
    String verb = String.valueOf(event.getOrDefault("do", "echo"));
    return switch (verb) {
      case "echo" -> event;
      case "about" -> about(context);
      case "environment" -> new TreeMap<>(System.getenv());
      case "print" -> print(event);
      case "throw" -> throw new IllegalArgumentException("bad input: " + event.get("text"));
      case "sleep" -> sleep(((Number) event.get("millis")).longValue());
      case "exit" -> {
        System.exit(((Number) event.get("code")).intValue());
        yield null;
      }
      case "fillMemory" -> fillMemory();
      case "large" -> "x".repeat(((Number) event.get("bytes")).intValue());
      case "readFile" -> new java.io.File(String.valueOf(event.get("name"))).length();
      default -> throw new IllegalStateException("no such verb: " + verb);
    };
  }

  private static Object print(Map<String, Object> event) {
    System.out.println("out " + event.get("text"));
    System.err.println("err " + event.get("text"));
    System.out.print("no line end");
    return null;
  }

  private static Map<String, Object> about(Context context) {
    Map<String, Object> about = new TreeMap<>();
    about.put("pid", ProcessHandle.current().pid());
    about.put("calls", calls);
    about.put("requestId", context.getAwsRequestId());
    about.put("functionName", context.getFunctionName());
    about.put("memory", context.getMemoryLimitInMB());
    about.put("arn", context.getInvokedFunctionArn());
    about.put("remainingMillis", context.getRemainingTimeInMillis());
    about.put(
        "client",
        context.getClientContext() == null ? Map.of() : context.getClientContext().getCustom());
    return about;
  }

  private static Object sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return ProcessHandle.current().pid();
  }

  private static Object fillMemory() {
    List<byte[]> held = new ArrayList<>();
    while (true) {
      held.add(new byte[1 << 20]);
    }
  }
}
