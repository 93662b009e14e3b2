package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.routing.Amounts;
import dev.spillway.dispatch.routing.PlanStory;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Tells what became of a task, and why, to someone who was woken by it: first the state and the one
 * thing to know, then what happened in order, then what can be done. It claims nothing that is not
 * known: no cost and no history while neither is counted.
 */
public final class Story {
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private static final Pattern LINE_BREAK =
      Pattern.compile("[\\n\\u000b\\f\\r\\t\\u0085\\u2028\\u2029]\\s*");

  /** Controls, and the marks that turn the direction of the text after them. */
  private static final Pattern UNSEEN =
      Pattern.compile("[\\p{Cntrl}\\u0080-\\u009f\\u202a-\\u202e\\u2066-\\u2069]");

  private final Subject task;
  private final Journey journey;
  private final Instant now;

  /**
   * The task that is told of.
   *
   * @param title what its user calls it
   * @param due when it was to be done
   * @param otherTitle the title of another task, by id
   */
  public record Subject(
      String title,
      String shortId,
      Instant createdAt,
      RoutePlan plan,
      Orders orders,
      Optional<Instant> due,
      boolean pinned,
      UnaryOperator<String> otherTitle) {}

  private Story(Subject task, Journey journey, Instant now) {
    this.task = task;
    this.journey = journey;
    this.now = now;
  }

  /**
   * The lines of the story. Reasons, errors and notes come from outside and may have any character:
   * here each stays on its line, and none moves the reader's cursor.
   */
  public static List<String> tell(Subject task, Journey journey, Instant now) {
    return new Story(task, journey, now).lines().stream().map(Story::onOneLine).toList();
  }

  static String onOneLine(String text) {
    String folded = LINE_BREAK.matcher(text).replaceAll(" ");
    return UNSEEN
        .matcher(folded)
        .replaceAll(
            unseen -> String.format(Locale.ROOT, "\\\\u%04x", (int) unseen.group().charAt(0)));
  }

  private List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(task.title() + " " + task.shortId() + ": " + headline());
    lines.addAll(PlanStory.tell(task.plan(), task.pinned()));
    for (Hop hop : journey.hops()) {
      lines.addAll(told(hop));
    }
    lines.addAll(whatNow());
    return lines;
  }

  private String headline() {
    return switch (journey.state()) {
      case TaskState.Pending p ->
          "PENDING for " + ago(p.since()) + ". It waits for " + others(p.waitingFor()) + ".";
      case TaskState.Runnable r -> "RUNNABLE for " + ago(r.since()) + ". " + waitsFor();
      case TaskState.Starting s ->
          "STARTING on " + lastRoute() + " since " + DAY.format(s.since()) + " UTC.";
      case TaskState.Running r ->
          "RUNNING on " + lastRoute() + " since " + DAY.format(r.since()) + " UTC.";
      case TaskState.Succeeded s ->
          "SUCCEEDED on "
              + (s.hop() == 1
                  ? lastRoute()
                  : "the " + ordinal(s.hop()) + " try, " + lastRoute() + ",")
              + " after "
              + Amounts.time(Duration.between(task.createdAt(), s.since()))
              + paid()
              + ".";
      case TaskState.Failed f ->
          "FAILED after "
              + Amounts.time(Duration.between(task.createdAt(), f.since()))
              + ": "
              + sentence(plain(f.reason(), task.otherTitle()));
    };
  }

  /** What it cost, and how much of it for nothing. */
  private String paid() {
    double total = HopCost.total(task.plan(), journey, now);
    if (total == 0) {
      return "";
    }
    double wasted = HopCost.wasted(task.plan(), journey, now);
    return ", for "
        + Amounts.usd(total)
        + (wasted > 0 ? ", of which " + Amounts.usd(wasted) + " was wasted" : "");
  }

  private String waitsFor() {
    Optional<Hop> open = journey.openHop();
    if (open.isEmpty()) {
      return "It is about to be sent.";
    }
    Hop hop = open.get();
    if (journey.waitsToBeSent()) {
      return hop.route().word()
          + " did not take it in ("
          + hop.cause().map(Cause::sentence).orElse("no reason was given")
          + "); it is sent again at "
          + CLOCK.format(journey.wakeAt().get())
          + ".";
    }
    return hop.route().batch()
        ? "It waits for a place in queue " + queue(hop.leg()) + "." + goesOn(hop)
        : "It waits for a free function environment.";
  }

  private String goesOn(Hop hop) {
    OptionalInt next = later(hop).filter(leg -> !leg(leg).risky()).findFirst();
    if (journey.givenUpAt().isPresent() && next.isPresent()) {
      return " If it has none by "
          + CLOCK.format(journey.givenUpAt().get())
          + ", it goes to "
          + place(next.getAsInt())
          + ".";
    }
    OptionalInt risky = later(hop).findFirst();
    if (risky.isEmpty()) {
      return " No other route can take it, so it goes on waiting.";
    }
    return next.isPresent()
        ? ""
        : " It goes on waiting: %s would fail %s of such runs."
            .formatted(place(risky.getAsInt()), Amounts.percent(leg(risky.getAsInt()).risk()));
  }

  private IntStream later(Hop hop) {
    return IntStream.range(hop.leg() + 1, task.orders().legs().size());
  }

  private Orders.Leg leg(int leg) {
    return task.orders().legs().get(leg);
  }

  private String place(int leg) {
    Route route = leg(leg).route();
    return route.word() + (route.batch() ? " (queue " + queue(leg) + ")" : "");
  }

  private String queue(int leg) {
    RoutePlan.Accepted accepted = task.plan().routes().get(leg);
    return accepted.jobQueue().orElse(accepted.route().word());
  }

  private List<String> told(Hop hop) {
    List<String> lines = new ArrayList<>();
    lines.add(opened(hop));
    hop.pack()
        .filter(_ -> hop.jobId().isPresent())
        .ifPresent(
            p ->
                lines.add(
                    "It was packed with tasks like it: child "
                        + p.index()
                        + " of an array job of "
                        + p.size()
                        + "."));
    hop.startedAt()
        .filter(at -> hop.route().batch())
        .ifPresent(at -> lines.add(CLOCK.format(at) + " its job started."));
    lostHosts(hop).forEach(lines::add);
    switch (hop.status()) {
      case OPEN -> {
        if (hop.waits() > 0) {
          lines.add(
              "It was sent "
                  + times(hop.waits())
                  + " and not taken in: "
                  + quoted(hop.error().orElse(""))
                  + ".");
        }
        hop.note().ifPresent(note -> lines.add("The queue says: " + sentence(note)));
      }
      case SUCCEEDED -> lines.add(stopped(hop) + " it ended well" + exit(hop) + ".");
      case FAILED -> lines.add(failed(hop));
      case ABANDONED, STOPPED ->
          lines.add(
              stopped(hop)
                  + (noCapacity(hop) ? queueLeft(hop) : gaveUp(hop))
                  + (hop.late()
                      ? " It succeeded after that; that does not count, and is marked late."
                      : ""));
    }
    return lines;
  }

  private String opened(Hop hop) {
    String at = CLOCK.format(hop.createdAt()) + " ";
    String where = place(hop.leg());
    if (hop.number() == 1) {
      return at + where + " was tried first.";
    }
    Hop before = journey.hops().get(hop.number() - 2);
    return before.leg() == hop.leg()
        ? at + "it was run again on " + where + ", as your retries allow."
        : at
            + "the same input was sent to "
            + where
            + Raised.text(task.orders(), before, hop)
            + ".";
  }

  private static List<String> lostHosts(Hop hop) {
    return hop.attempts().stream()
        .limit(Math.max(0, hop.attempts().size() - 1))
        .map(
            a ->
                a.stoppedAt().map(at -> CLOCK.format(at) + " ").orElse("")
                    + "its host was lost ("
                    + a.statusReason().orElse("no reason was given")
                    + "), and Batch repeated it.")
        .toList();
  }

  private String failed(Hop hop) {
    Cause cause = hop.cause().orElse(Cause.APPLICATION);
    String what =
        stopped(hop)
            + (hop.waits() > 0
                ? " it had been sent " + times(hop.waits() + 1) + " and not taken in: "
                : " it stopped: ")
            + quoted(hop.error().orElse("no reason was given"))
            + ". ";
    if (cause == Cause.APPLICATION) {
      int attempts = task.orders().retry().attempts();
      return what
          + "That is a failure of the code, so no other route was tried for it ("
          + attempts
          + (attempts == 1 ? " attempt allowed)." : " attempts allowed).");
    }
    if (cause == Cause.TIMEOUT && hop.route().batch()) {
      return what + "That limit is the task's or its definition's, and holds on every route.";
    }
    return what + routesDoing(cause) + (hop.attempts().size() > 1 ? lostTwice(cause) : "");
  }

  private static String routesDoing(Cause cause) {
    return "That is the route's doing (" + cause.sentence() + "), so your retries were not used.";
  }

  private static String lostTwice(Cause cause) {
    return cause == Cause.HOST_LOST
        ? " Batch repeats a job once that lost its host; this was the second loss."
        : "";
  }

  private static String gaveUp(Hop hop) {
    return " it was stopped: " + sentence(hop.error().orElse("given up"));
  }

  private static String queueLeft(Hop hop) {
    return " it was given up: "
        + sentence(hop.error().orElse("").replaceFirst("^It ", "it "))
        + " "
        + routesDoing(Cause.NO_CAPACITY);
  }

  private static boolean noCapacity(Hop hop) {
    return hop.cause().equals(Optional.of(Cause.NO_CAPACITY));
  }

  private static String stopped(Hop hop) {
    return hop.stoppedAt().map(CLOCK::format).orElse("Later");
  }

  private static String exit(Hop hop) {
    return hop.attempts().isEmpty() || hop.attempts().getLast().exitCode().isEmpty()
        ? ""
        : " with exit code " + hop.attempts().getLast().exitCode().getAsInt();
  }

  private List<String> whatNow() {
    return switch (journey.state()) {
      case TaskState.Succeeded _ -> {
        List<String> last = new ArrayList<>(List.of(kept()));
        Hindsight.of(task.plan(), journey).ifPresent(last::add);
        punctuality().ifPresent(last::add);
        yield last;
      }
      case TaskState.Failed _ when codeFailed() ->
          List.of(
              "Read its log with `spillway logs "
                  + task.shortId()
                  + "`, mend the code or the input, and submit it again.");
      case TaskState.Failed _ -> List.of();
      case TaskState.Runnable _ when journey.openHop().map(h -> h.route().batch()).orElse(false) ->
          List.of(
              "How long that takes is not known yet. Nothing is broken; `spillway cancel "
                  + task.shortId()
                  + "` stops it.");
      case TaskState.Pending _, TaskState.Runnable _, TaskState.Starting _, TaskState.Running _ ->
          List.of();
    };
  }

  private Optional<String> punctuality() {
    return task.due()
        .map(
            due -> {
              Duration late = Duration.between(due, journey.state().since());
              return late.isPositive()
                  ? "It missed its deadline of "
                      + DAY.format(due)
                      + " UTC by "
                      + Amounts.time(late)
                      + "."
                  : "It met its deadline of " + DAY.format(due) + " UTC.";
            });
  }

  private boolean codeFailed() {
    return journey.lastHop().flatMap(Hop::cause).equals(Optional.of(Cause.APPLICATION));
  }

  private String kept() {
    long late = journey.hops().stream().filter(Hop::late).count();
    return "One result was kept; "
        + (late == 0 ? "nothing arrived late." : late + " arrived late and does not count.");
  }

  private String lastRoute() {
    return journey.lastHop().map(h -> h.route().word()).orElse("no route");
  }

  private String others(List<String> ids) {
    return ids.stream().map(task.otherTitle()).collect(Collectors.joining(" and "));
  }

  private String ago(Instant since) {
    return Amounts.time(Duration.between(since, now));
  }

  static String plain(String reason, UnaryOperator<String> otherTitle) {
    String start = "Dependent task failed: ";
    return reason.startsWith(start)
        ? otherTitle.apply(reason.substring(start.length())) + ", which it waits for, failed"
        : reason;
  }

  /** Lambda's own words, without the ids and times that it puts before them. */
  private static String quoted(String error) {
    String bare =
        error
            .replaceFirst("^[\\w.]+: RequestId: \\S+ Error: ", "")
            .replaceFirst("^RequestId: \\S+ Error: ", "")
            .replaceFirst("^(?:[\\w.]+: )?\\d{4}-\\d\\d-\\d\\dT\\S+Z \\S+ (?=Task timed out)", "")
            .replaceFirst("^Sandbox\\.Timedout: .*?(?=Task timed out)", "");
    return "\"" + (bare.endsWith(".") ? bare.substring(0, bare.length() - 1) : bare) + "\"";
  }

  private static String sentence(String text) {
    return text.endsWith(".") ? text : text + ".";
  }

  private static String times(int number) {
    return number == 1 ? "once" : number + " times";
  }

  private static String ordinal(int number) {
    return switch (number) {
      case 2 -> "second";
      case 3 -> "third";
      default -> number + "th";
    };
  }
}
