package dev.spillway.batch.api;

import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Outcome;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Asks the engine, and reads again what a command was made from when that has changed. */
final class Commands {
  /** Each round needs another change of the same thing in between; more is not believable. */
  static final int ROUNDS = 100;

  private final EngineAccess engine;

  Commands(EngineAccess engine) {
    this.engine = engine;
  }

  /** {@code command} is made anew for each round. */
  Outcome ask(Supplier<Command> command) {
    for (int round = 0; round < ROUNDS; round++) {
      Outcome outcome = engine.ask(command.get());
      if (outcome instanceof Outcome.Refused(String message)) {
        throw BatchApiException.client(message);
      }
      if (!(outcome instanceof Outcome.LookAgain)) {
        return outcome;
      }
    }
    throw changesAllTheTime();
  }

  /** What an update begins from, unless it is not there or on its way out. */
  static <T> T changeable(Optional<T> found, Predicate<T> deleting, String what) {
    T now = found.orElseThrow(() -> BatchApiException.client(what + " not found."));
    if (deleting.test(now)) {
      throw BatchApiException.client("Cannot update, resource is being modified");
    }
    return now;
  }

  static BatchApiException changesAllTheTime() {
    return new BatchApiException(
        "ServerException", 500, "What this call changes is being changed all the time; try again.");
  }
}
