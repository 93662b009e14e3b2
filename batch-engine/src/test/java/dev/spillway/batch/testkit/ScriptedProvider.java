package dev.spillway.batch.testkit;

import dev.spillway.batch.capacity.CapacityEvent;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.capacity.InstanceProvider;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Instances in pretend time: a script says for each what the provider will tell of it, and when.
 * Nothing happens by itself: {@link #play} tells what is due. Outlives the engine.
 */
public final class ScriptedProvider implements InstanceProvider {
  private final InstantSource clock;
  private final Function<Instance, CapacityEvent> script;
  private final Map<String, CapacityEvent> told = new TreeMap<>();
  private final List<Instance> launched = new ArrayList<>();
  private Consumer<CapacityEvent> listener = _ -> {};

  public ScriptedProvider(InstantSource clock, Function<Instance, CapacityEvent> script) {
    this.clock = clock;
    this.script = script;
  }

  @Override
  public void listen(Consumer<CapacityEvent> events) {
    listener = events;
  }

  @Override
  public void launch(Instance instance) {
    if (!told.containsKey(instance.id())) {
      launched.add(instance);
      told.put(instance.id(), script.apply(instance));
    }
  }

  @Override
  public void terminate(Instance instance) {
    told.remove(instance.id());
  }

  /** Tells what is due by now, in the order it happened. */
  public void play() {
    Instant now = clock.instant();
    List<CapacityEvent> due =
        told.values().stream()
            .filter(event -> !event.at().isAfter(now))
            .sorted(Comparator.comparing(CapacityEvent::at))
            .toList();
    due.forEach(event -> told.remove(event.instanceId()));
    due.forEach(listener);
  }

  public Optional<Instant> nextDue() {
    return told.values().stream().map(CapacityEvent::at).min(Instant::compareTo);
  }

  /** Every launch that was carried out, in order. */
  public List<Instance> launched() {
    return List.copyOf(launched);
  }

  @Override
  public void close() {}
}
