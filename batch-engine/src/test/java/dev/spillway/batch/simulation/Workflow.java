package dev.spillway.batch.simulation;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;

/**
 * Tasks that wait for each other, of 1 vCPU each.
 *
 * @param tasks in the order they are submitted: each behind those it waits for
 */
record Workflow(String name, List<Task> tasks) {

  /**
   * A task.
   *
   * @param parents places in the list of tasks
   */
  record Task(long millis, List<Integer> parents) {}

  /** Workflows of a CSV file, plain or gzip: a row a task, its number, its seconds, its parents. */
  static List<Workflow> read(Path file) {
    Map<String, Map<Integer, Row>> rows = new LinkedHashMap<>();
    try (InputStream bytes = Files.newInputStream(file);
        InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(bytes) : bytes;
        var reader = new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8))) {
      List<String> header = List.of(reader.readLine().split(","));
      int workflow = header.indexOf("workflow");
      int task = header.indexOf("task");
      int seconds = header.indexOf("runtime_seconds");
      int parents = header.indexOf("parents");
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        String[] values = line.split(",", -1);
        List<Integer> its = new ArrayList<>();
        for (String parent :
            values[parents].isEmpty() ? new String[0] : values[parents].split(";")) {
          its.add(Integer.valueOf(parent));
        }
        int number = Integer.parseInt(values[task]);
        rows.computeIfAbsent(values[workflow], _ -> new LinkedHashMap<>())
            .put(
                number,
                new Row(number, Math.round(Double.parseDouble(values[seconds]) * 1000), its));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rows.entrySet().stream().map(e -> sorted(e.getKey(), e.getValue())).toList();
  }

  private record Row(int number, long millis, List<Integer> parents) {}

  /** Parents first; of those that may come next, the first of the file. */
  private static Workflow sorted(String name, Map<Integer, Row> rows) {
    Map<Integer, Integer> places = new LinkedHashMap<>();
    List<Task> tasks = new ArrayList<>();
    TreeSet<Integer> left = new TreeSet<>(rows.keySet());
    while (!left.isEmpty()) {
      int before = left.size();
      for (int number : List.copyOf(left)) {
        Row row = rows.get(number);
        if (places.keySet().containsAll(row.parents())) {
          left.remove(number);
          places.put(number, tasks.size());
          tasks.add(new Task(row.millis(), row.parents().stream().map(places::get).toList()));
        }
      }
      if (left.size() == before) {
        throw new IllegalStateException(name + " waits for itself in a circle");
      }
    }
    return new Workflow(name, tasks);
  }

  /** One of up to a few hundred tasks in layers. */
  static Workflow random(long seed) {
    Random random = new Random(seed);
    List<Task> tasks = new ArrayList<>();
    int size = 1 + random.nextInt(400);
    for (int i = 0; i < size; i++) {
      List<Integer> parents = new ArrayList<>();
      for (int p = 0; i > 0 && p < random.nextInt(4); p++) {
        int parent = Math.max(0, i - 1 - random.nextInt(80));
        if (!parents.contains(parent)) {
          parents.add(parent);
        }
      }
      tasks.add(new Task((long) (60_000 * Math.exp(random.nextGaussian())), parents));
    }
    return new Workflow("random-" + seed, tasks);
  }

  /** No schedule is shorter: the longest chain, and all work over all vCPUs. */
  long boundMillis(int vcpus) {
    long[] ends = new long[tasks.size()];
    long longest = 0;
    long work = 0;
    for (int i = 0; i < ends.length; i++) {
      long start = 0;
      for (int parent : tasks.get(i).parents()) {
        start = Math.max(start, ends[parent]);
      }
      ends[i] = start + tasks.get(i).millis();
      longest = Math.max(longest, ends[i]);
      work += tasks.get(i).millis();
    }
    return Math.max(longest, (work + vcpus - 1) / vcpus);
  }

  /** A list scheduler: whenever a vCPU is free, the first of the list that may start starts. */
  long listMillis(int vcpus) {
    int[] waitsFor = new int[tasks.size()];
    List<List<Integer>> children = new ArrayList<>();
    tasks.forEach(_ -> children.add(new ArrayList<>()));
    TreeSet<Integer> ready = new TreeSet<>();
    for (int i = 0; i < waitsFor.length; i++) {
      waitsFor[i] = tasks.get(i).parents().size();
      for (int parent : tasks.get(i).parents()) {
        children.get(parent).add(i);
      }
      if (waitsFor[i] == 0) {
        ready.add(i);
      }
    }
    record End(long at, int task) {}
    var running = new PriorityQueue<>(Comparator.comparingLong(End::at));
    long now = 0;
    while (!ready.isEmpty() || !running.isEmpty()) {
      while (!ready.isEmpty() && running.size() < vcpus) {
        int task = ready.pollFirst();
        running.add(new End(now + tasks.get(task).millis(), task));
      }
      now = running.peek().at();
      while (!running.isEmpty() && running.peek().at() == now) {
        for (int child : children.get(running.poll().task())) {
          if (--waitsFor[child] == 0) {
            ready.add(child);
          }
        }
      }
    }
    return now;
  }
}
