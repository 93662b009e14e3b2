package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.ArrayState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What a submit must check of arrays and of dependencies between them. */
final class ArraySubmits {
  private final TaskStore store;
  private final int most;

  /**
   * Over its parts.
   *
   * @param most children that one array may have
   */
  ArraySubmits(TaskStore store, int most) {
    this.store = store;
    this.most = most;
  }

  /** Faults of one task, given all that were submitted with it. */
  List<Fault> faults(Submission.Item item, List<Submission.Item> all) {
    List<Fault> faults = new ArrayList<>();
    Map<String, Submission.Item> byName = new HashMap<>();
    all.forEach(other -> other.document().name().ifPresent(name -> byName.put(name, other)));
    OptionalInt size = size(item.document());
    if (size.isPresent() && size.getAsInt() > most) {
      faults.add(
          new Fault(
              item.path() + "arrayProperties",
              Integer.toString(size.getAsInt()),
              item.path()
                  + "arrayProperties: a size of "
                  + size.getAsInt()
                  + " is more than maxArraySize allows, "
                  + most
                  + ". Submit several arrays, or raise the setting."));
    }
    for (TaskDocument.Dependency dependency : item.document().dependsOn()) {
      switch (dependency) {
        case TaskDocument.Dependency.ById(String id, boolean each) -> {
          Optional<Task> other = store.find(id);
          if (other.isEmpty()) {
            faults.add(fault(item, id, "there is no task " + id + "."));
          } else if (each) {
            int otherSize = other.get().array().map(ArrayState::size).orElse(-1);
            pair(item, id, size, otherSize).ifPresent(faults::add);
          }
        }
        case TaskDocument.Dependency.ByName(String name, boolean each) -> {
          if (each) {
            TaskDocument other = byName.get(name).document();
            int otherSize = other.array().isEmpty() ? -1 : size(other).orElse(0);
            pair(item, name, size, otherSize).ifPresent(faults::add);
          }
        }
        case TaskDocument.Dependency.Sequential() -> {
          // On itself.
        }
      }
    }
    return faults;
  }

  private static OptionalInt size(TaskDocument document) {
    return document.array().map(TaskDocument.ArrayOf::size).orElse(OptionalInt.empty());
  }

  /** Child waits for child, so there must be as many; a negative size is that of no array. */
  private static Optional<Fault> pair(
      Submission.Item item, String other, OptionalInt size, int otherSize) {
    if (otherSize < 0) {
      return Optional.of(
          fault(
              item,
              other,
              "N_TO_N on " + other + ", which is no array. Leave the type out to wait for it."));
    }
    if (size.isEmpty() || otherSize == 0) {
      return Optional.of(
          fault(
              item,
              other,
              "N_TO_N needs the size of both arrays at the submit. Give arrayProperties.size"
                  + " beside payloadsS3Uri."));
    }
    return size.getAsInt() == otherSize
        ? Optional.empty()
        : Optional.of(
            fault(
                item,
                other,
                "N_TO_N on "
                    + other
                    + ", which has "
                    + otherSize
                    + " children, but this has "
                    + size.getAsInt()
                    + ". Both must have the same number."));
  }

  private static Fault fault(Submission.Item item, String value, String rule) {
    String field = item.path() + "dependsOn";
    return new Fault(field, value, field + ": " + rule);
  }

  /** For whom the children of an array wait. */
  static ArrayState.Waits waits(TaskDocument document, Map<String, String> idByName) {
    List<String> arrays = new ArrayList<>();
    boolean sequential = false;
    for (TaskDocument.Dependency dependency : document.dependsOn()) {
      switch (dependency) {
        case TaskDocument.Dependency.ById(String id, boolean each) -> {
          if (each) {
            arrays.add(id);
          }
        }
        case TaskDocument.Dependency.ByName(String name, boolean each) -> {
          if (each) {
            arrays.add(idByName.get(name));
          }
        }
        case TaskDocument.Dependency.Sequential() -> sequential = true;
      }
    }
    return new ArrayState.Waits(arrays.stream().distinct().toList(), sequential);
  }

  /** Tasks that a task waits for as a whole. */
  static List<String> waitingFor(TaskDocument document, Map<String, String> idByName) {
    return document.dependsOn().stream()
        .flatMap(
            dependency ->
                switch (dependency) {
                  case TaskDocument.Dependency.ById(String id, boolean each) ->
                      each
                          ? java.util.stream.Stream.<String>empty()
                          : java.util.stream.Stream.of(id);
                  case TaskDocument.Dependency.ByName(String name, boolean each) ->
                      each
                          ? java.util.stream.Stream.<String>empty()
                          : java.util.stream.Stream.of(idByName.get(name));
                  case TaskDocument.Dependency.Sequential() ->
                      java.util.stream.Stream.<String>empty();
                })
        .distinct()
        .toList();
  }
}
