package dev.spillway.dispatch.stack;

import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.lambda.function.FunctionConfiguration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;

/** The stack that was applied last: what the dispatcher may use. */
public final class AppliedStack implements Workloads {
  private final AtomicReference<Stack> stack = new AtomicReference<>(Stack.EMPTY);

  /** Makes a stack visible; call it when all of it exists. */
  public void show(Stack applied) {
    stack.set(applied);
  }

  public Stack stack() {
    return stack.get();
  }

  @Override
  public Optional<Workload> find(String name) {
    return list().stream().filter(workload -> workload.name().equals(name)).findFirst();
  }

  @Override
  public List<Workload> list() {
    return stack.get().workloads();
  }

  @Override
  public List<BatchQueue> queues() {
    return stack.get().queues();
  }

  @Override
  public OptionalInt reservedConcurrency(String functionName) {
    return stack.get().functions().stream()
        .map(Stack.Function::configuration)
        .filter(function -> function.functionName().equals(functionName))
        .findFirst()
        .map(FunctionConfiguration::reservedConcurrency)
        .orElse(OptionalInt.empty());
  }

  @Override
  public long mostMemoryMib(String jobQueue) {
    return QueueMemory.mostMib(stack.get(), jobQueue);
  }
}
