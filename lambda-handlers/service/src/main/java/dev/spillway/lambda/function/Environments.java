package dev.spillway.lambda.function;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** Port: the execution environments that run admitted calls. */
public interface Environments extends AutoCloseable {

  /** Finds or starts an environment; returns at once. */
  void run(Call call);

  /** Gives the call up; the environment that runs it is killed. */
  void cancel(Call call);

  /** Ends the environments of every other revision of this function, when they are idle. */
  void keepOnly(String functionName, Set<Revision> living);

  /** Environments now alive, by function. */
  Map<String, Integer> alive();

  /** Task roots that live environments still use. */
  Set<Path> taskRootsInUse();

  /** Kills all. */
  @Override
  void close();
}
