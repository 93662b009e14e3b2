package dev.spillway.lambda.function;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Port: keeps functions. A change is on disk when its method returns. */
public interface FunctionStore {

  /** All that are kept. */
  List<FunctionRecord> load();

  /** Whether what is not in it was never acknowledged, so that its code may go. */
  default boolean complete() {
    return true;
  }

  /** Creates or replaces one, whole. */
  void save(FunctionRecord function);

  /** Harmless when it is not there. */
  void delete(String functionName);

  /** Keeps nothing beyond the process: for one call on the command line. */
  static FunctionStore inMemory() {
    Map<String, FunctionRecord> kept = new ConcurrentHashMap<>();
    return new FunctionStore() {
      @Override
      public boolean complete() {
        return false;
      }

      @Override
      public List<FunctionRecord> load() {
        return List.copyOf(kept.values());
      }

      @Override
      public void save(FunctionRecord function) {
        kept.put(function.name(), function);
      }

      @Override
      public void delete(String functionName) {
        kept.remove(functionName);
      }
    };
  }
}
