package dev.spillway.lambda.async;

import dev.spillway.lambda.async.AsyncRules.Decision;
import dev.spillway.lambda.async.AsyncRules.Outcome;
import dev.spillway.lambda.async.Ending.Kind;
import dev.spillway.lambda.async.Ending.Target;
import dev.spillway.lambda.function.EventInvokeConfig;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionCatalogue.Described;
import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.function.FunctionService.Invocation;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.function.LambdaException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done with one event that is in hand: it is invoked, or its destinations are told.
 *
 * <p>Shape: blocks; each event has a thread of its own. What was decided is stored before the event
 * is out of hand, and a destination that knows is recorded before the row goes.
 */
final class EventWork {
  private static final Logger LOG = LoggerFactory.getLogger(EventWork.class);

  private final EventStore store;
  private final FunctionService functions;
  private final FunctionCatalogue catalogue;
  private final Backlog backlog;
  private final Delivery delivery;
  private final InstantSource clock;
  private final AsyncRules rules;
  private volatile boolean stopped;

  <S extends FunctionService & FunctionCatalogue> EventWork(
      EventStore store,
      S service,
      Backlog backlog,
      Delivery delivery,
      InstantSource clock,
      AsyncRules rules) {
    this.store = store;
    this.functions = service;
    this.catalogue = service;
    this.backlog = backlog;
    this.delivery = delivery;
    this.clock = clock;
    this.rules = rules;
  }

  /** From now on a call that fails may have failed because everything is being shut down. */
  void stop() {
    stopped = true;
  }

  /** What the event is for; empty when it was deleted meanwhile. */
  Optional<Described> function(QueuedEvent event) {
    try {
      return Optional.of(catalogue.describe(event.invoked()));
    } catch (LambdaException notThere) {
      return Optional.empty();
    }
  }

  /** One attempt, and what follows from it. */
  void invoke(QueuedEvent event) {
    Optional<Described> target = function(event);
    if (target.isEmpty()) {
      LOG.warn(
          "event={} function={} dropped: there is no {}",
          event.requestId(),
          event.functionName(),
          event.invoked());
      remove(event);
      return;
    }
    EventInvokeConfig config =
        target
            .get()
            .function()
            .eventInvoke()
            .getOrDefault(event.qualifier(), EventInvokeConfig.DEFAULT);
    if (AsyncRules.tooOld(event, config, clock.instant())) {
      ended(event, target.get(), config, "EventAgeExceeded", Optional.empty());
      return;
    }
    Optional<Result> result = Optional.empty();
    Outcome outcome;
    try {
      Result answered =
          functions
              .invoke(
                  new Invocation(
                      event.requestId(), event.invoked(), event.payload(), Optional.empty()))
              .join();
      result = Optional.of(answered);
      outcome = answered.functionError().isEmpty() ? Outcome.SUCCEEDED : Outcome.FAILED;
    } catch (CompletionException e) {
      if (stopped) {
        return; // The next start takes it up as it was.
      }
      boolean off = target.get().function().reservedConcurrency().orElse(1) == 0;
      outcome = off ? Outcome.SWITCHED_OFF : Outcome.NOT_RUN;
      LOG.debug("event={} not run: {}", event.requestId(), String.valueOf(e.getCause()));
    }
    switch (rules.decide(event, config, outcome, clock.instant())) {
      case Decision.Again(Instant dueAt, int attempts, int requeues) ->
          store.requeue(event.seq(), dueAt, attempts, requeues);
      case Decision.Ended(String condition) ->
          ended(event, target.get(), config, condition, result);
    }
  }

  private void ended(
      QueuedEvent event,
      Described target,
      EventInvokeConfig config,
      String condition,
      Optional<Result> result) {
    int invokes = event.attempts() + (result.isPresent() ? 1 : 0);
    List<Target> targets = new ArrayList<>();
    if (condition.equals(Ending.SUCCESS)) {
      config.onSuccess().ifPresent(to -> targets.add(new Target(Kind.ON_SUCCESS, to)));
    } else {
      LOG.info(
          "event={} function={} ended: {} after {} attempts",
          event.requestId(),
          event.functionName(),
          condition,
          invokes);
      config.onFailure().ifPresent(to -> targets.add(new Target(Kind.ON_FAILURE, to)));
      target
          .revision()
          .configuration()
          .details()
          .deadLetter()
          .ifPresent(to -> targets.add(new Target(Kind.DEAD_LETTER, to)));
    }
    if (targets.isEmpty()) {
      remove(event);
      return;
    }
    store.end(
        event.seq(),
        new Ending(
            condition,
            clock.instant(),
            target.function().latest().arn() + ":" + event.qualifier(),
            invokes,
            result.map(Ending.Response::of),
            List.copyOf(targets)),
        clock.instant());
  }

  private void remove(QueuedEvent event) {
    store.remove(event.seq());
    backlog.left(event.payload().length);
  }

  /** Tells all destinations of an end that do not know it yet. */
  void tell(QueuedEvent event, Ending ending) {
    Ending rest = ending;
    for (Target target : ending.targets()) {
      Optional<QueuedEvent> handedOn = Optional.empty();
      switch (delivery.tell(target, event, ending)) {
        case Delivery.Told.Yes(Optional<QueuedEvent> next) -> handedOn = next;
        case Delivery.Told.Never(String why) ->
            LOG.warn(
                "event={} function={} {} of {} not delivered: {}",
                event.requestId(),
                event.functionName(),
                ending.condition(),
                target,
                why);
        case Delivery.Told.Later(String why) -> {
          tellLater(event, ending, target, why);
          return;
        }
      }
      rest = rest.without(target);
      handedOn.ifPresent(next -> backlog.grew(next.payload().length));
      store.told(event.seq(), rest, handedOn);
    }
    remove(event);
  }

  private void tellLater(QueuedEvent event, Ending ending, Target target, String why) {
    Instant dueAt = clock.instant().plus(AsyncRules.requeueDelay(event.requeues()));
    Instant last = ending.at().plusSeconds(EventInvokeConfig.AGE_SECONDS_MAX);
    if (dueAt.isAfter(last)) {
      LOG.error(
          "event={} function={} {} given up, {} could not be told for 6 hours: {}",
          event.requestId(),
          event.functionName(),
          ending.condition(),
          target,
          why);
      Ending rest = ending.without(target);
      store.told(event.seq(), rest, Optional.empty());
      if (rest.targets().isEmpty()) {
        remove(event);
      }
      return;
    }
    LOG.info("event={} {} is told later: {}", event.requestId(), target, why);
    store.tellLater(event.seq(), dueAt, event.requeues() + 1);
  }
}
