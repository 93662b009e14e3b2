package dev.spillway.dispatch.task;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of the runner: a few that take messages, and one that waits for the next stored
 * wake-up. Several take messages, because each waits for the disk and their commits are shared.
 */
public final class RunnerThreads implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunnerThreads.class);
  private static final int WORKERS = 8;

  /** Bounded by the number of open tasks; a message is small. */
  private final BlockingDeque<Message> inbox = new LinkedBlockingDeque<>();

  private final Set<String> waking = ConcurrentHashMap.newKeySet();
  private final List<Thread> threads = new ArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition earlier = lock.newCondition();
  private final InstantSource clock;
  private final Duration pollInterval;
  private Instant nextWake = Instant.EPOCH;
  private volatile boolean closing;

  public RunnerThreads(InstantSource clock, Duration pollInterval) {
    this.clock = clock;
    this.pollInterval = pollInterval;
  }

  /**
   * Where messages go. The end of a function goes before what waits: until it is on disk, a crash
   * would run the function again, and there may be thousands of new tasks in line.
   */
  public void put(Message message) {
    if (message instanceof Message.FunctionEnded) {
      inbox.addFirst(message);
    } else {
      inbox.addLast(message);
    }
  }

  /** Begins: listens, recovers, and takes messages from now on. */
  public void start(TaskRunner runner) {
    runner.onWakeUp(this::wakeBy);
    runner.listen();
    runner.recover();
    for (int i = 0; i < WORKERS; i++) {
      threads.add(Thread.ofVirtual().name("tasks-" + i).start(() -> work(runner)));
    }
    threads.add(Thread.ofPlatform().daemon().name("tasks-timer").start(() -> time(runner)));
  }

  private void work(TaskRunner runner) {
    while (!closing) {
      try {
        Message message = inbox.take();
        try {
          runner.handle(message);
        } finally {
          if (message instanceof Message.Wake(String taskId)) {
            waking.remove(taskId);
          }
        }
      } catch (InterruptedException _) {
        return;
      } catch (RuntimeException e) {
        if (closing) {
          return;
        }
        // The store still says what is to be done; the next poll or start takes it up.
        LOG.error("a message to a task could not be handled", e);
      }
    }
  }

  private void wakeBy(Instant at) {
    lock.lock();
    try {
      if (at.isBefore(nextWake)) {
        nextWake = at;
        earlier.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void time(TaskRunner runner) {
    Instant nextPoll = clock.instant().plus(pollInterval);
    while (!closing) {
      try {
        for (String taskId : runner.due()) {
          if (waking.add(taskId)) {
            put(new Message.Wake(taskId));
          }
        }
        runner.closePacks();
        if (!clock.instant().isBefore(nextPoll)) {
          runner.poll();
          nextPoll = clock.instant().plus(pollInterval);
        }
        await(runner, nextPoll);
      } catch (InterruptedException _) {
        return;
      } catch (RuntimeException e) {
        if (closing) {
          return;
        }
        LOG.error("the timer of the tasks had trouble and goes on", e);
        nextPoll = clock.instant().plus(pollInterval);
      }
    }
  }

  private void await(TaskRunner runner, Instant nextPoll) throws InterruptedException {
    lock.lock();
    try {
      // Until what is due has been handled there is nothing to look for sooner than this.
      Instant soonest = clock.instant().plusMillis(waking.isEmpty() ? 0 : 20);
      Optional<Instant> due = runner.nextDue();
      Instant until = due.filter(d -> d.isBefore(nextPoll)).orElse(nextPoll);
      nextWake = until.isBefore(soonest) ? soonest : until;
      while (!closing) {
        long nanos = Duration.between(clock.instant(), nextWake).toNanos();
        if (nanos <= 0) {
          return;
        }
        earlier.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    closing = true;
    threads.forEach(Thread::interrupt);
    for (Thread thread : threads) {
      try {
        thread.join(Duration.ofSeconds(5));
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
