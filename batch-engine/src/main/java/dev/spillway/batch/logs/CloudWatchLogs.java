package dev.spillway.batch.logs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.logs.LogLines.Line;
import dev.spillway.batch.logs.LogStreams.Group;
import dev.spillway.batch.logs.LogStreams.Listing;
import dev.spillway.batch.logs.LogStreams.Stream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What of CloudWatch Logs readers need: groups, streams, events.
 *
 * <p>Units: epoch milliseconds. <br>
 * Shape: an event is a line; its time of ingestion is its time. <br>
 * Source: CloudWatch Logs API 2014-03-28, DescribeLogGroups, DescribeLogStreams, GetLogEvents,
 * FilterLogEvents.
 */
public final class CloudWatchLogs {
  private static final int EVENTS_MAX = 10_000;
  private static final int STREAMS_MAX = 50;
  private static final int NAMED_STREAMS_MAX = 100;

  /** Of events in one answer. */
  private static final int BYTES_MAX = 1024 * 1024;

  /** Streams that are looked up together. */
  private static final int PAGE = 100;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final LogStreams streams;
  private final Arns arns;

  public CloudWatchLogs(LogStreams streams, Arns arns) {
    this.streams = streams;
    this.arns = arns;
  }

  /**
   * One operation.
   *
   * @throws LogsException when it is refused
   */
  public ObjectNode call(String operation, ObjectNode json) {
    LogsRequest request = new LogsRequest(json);
    return switch (operation) {
      case "DescribeLogGroups" -> groups(request);
      case "DescribeLogStreams" -> streams(request);
      case "GetLogEvents" -> events(request);
      case "FilterLogEvents" -> filter(request);
      default -> throw LogsException.unknown(operation);
    };
  }

  private ObjectNode groups(LogsRequest request) {
    request.knows("logGroupNamePrefix", "logGroupNamePattern", "limit", "nextToken");
    String prefix = request.text("logGroupNamePrefix").orElse("");
    String part = request.text("logGroupNamePattern").orElse("");
    int limit = request.whole("limit", 1, STREAMS_MAX, STREAMS_MAX);
    int from = request.token("nextToken", "groups").orElse(0L).intValue();
    List<Group> found =
        streams.groups().stream()
            .filter(g -> g.name().startsWith(prefix) && g.name().contains(part))
            .toList();
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode list = answer.putArray("logGroups");
    for (Group group : found.subList(Math.min(from, found.size()), found.size())) {
      if (list.size() == limit) {
        answer.put("nextToken", LogsRequest.token("groups", from + limit));
        break;
      }
      String arn = arns.logGroup(group.name());
      list.addObject()
          .put("logGroupName", group.name())
          .put("creationTime", group.createdAt().toEpochMilli())
          .put("metricFilterCount", 0)
          .put("arn", arn + ":*")
          .put("logGroupArn", arn)
          .put("storedBytes", 0)
          .put("logGroupClass", "STANDARD");
    }
    return answer;
  }

  private ObjectNode streams(LogsRequest request) {
    request.knows(
        "logGroupName",
        "logGroupIdentifier",
        "logStreamNamePrefix",
        "orderBy",
        "descending",
        "limit",
        "nextToken");
    String group = group(request);
    boolean byTime =
        request
            .text("orderBy")
            .map(order -> request.oneOf("orderBy", order, "LogStreamName", "LastEventTime"))
            .orElse("LogStreamName")
            .equals("LastEventTime");
    String prefix = request.text("logStreamNamePrefix").orElse("");
    if (byTime && !prefix.isEmpty()) {
      throw LogsException.invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
    }
    int limit = request.whole("limit", 1, STREAMS_MAX, STREAMS_MAX);
    int from = request.token("nextToken", "streams").orElse(0L).intValue();
    List<Stream> page =
        streams.list(
            new Listing(
                group,
                prefix,
                "",
                Optional.empty(),
                byTime,
                request.yes("descending"),
                from,
                limit + 1));
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode list = answer.putArray("logStreams");
    page.stream().limit(limit).forEach(stream -> list.add(describe(stream)));
    if (page.size() > limit) {
      answer.put("nextToken", LogsRequest.token("streams", from + limit));
    }
    return answer;
  }

  private ObjectNode describe(Stream stream) {
    ObjectNode wire =
        JSON.createObjectNode()
            .put("logStreamName", stream.name())
            .put("creationTime", stream.createdAt().toEpochMilli());
    try (LogLines lines = LogLines.open(stream.file(), true)) {
      if (lines.length() > 0) {
        lines.forward(0, 1, LogLines.LINE_MAX).stream()
            .findFirst()
            .ifPresent(first -> wire.put("firstEventTimestamp", first.time()));
        long last = lines.timeAtEnd();
        wire.put("lastEventTimestamp", last).put("lastIngestionTime", last);
      }
    } catch (NoSuchFileException e) {
      // It has written nothing yet, or its log was deleted.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return wire.put("uploadSequenceToken", "0")
        .put("arn", arns.logGroup(stream.group()) + ":log-stream:" + stream.name())
        .put("storedBytes", 0);
  }

  private String group(LogsRequest request) {
    Optional<String> name = request.text("logGroupName");
    Optional<String> identifier = request.text("logGroupIdentifier");
    if (name.isPresent() == identifier.isPresent()) {
      throw LogsException.invalid(
          "Exactly one of logGroupName and logGroupIdentifier is required.");
    }
    String prefix = arns.logGroup("");
    String group = name.orElseGet(() -> identifier.get().replaceFirst(":\\*$", ""));
    String plain = group.startsWith(prefix) ? group.substring(prefix.length()) : group;
    if (!plain.equals(LogStreams.JOBS)
        && streams.groups().stream().noneMatch(g -> g.name().equals(plain))) {
      throw LogsException.notFound("The specified log group does not exist.");
    }
    return plain;
  }

  private ObjectNode events(LogsRequest request) {
    request.knows(
        "logGroupName",
        "logGroupIdentifier",
        "logStreamName",
        "startTime",
        "endTime",
        "nextToken",
        "limit",
        "startFromHead",
        "unmask");
    String group = group(request);
    String name = request.required("logStreamName");
    Stream stream =
        streams
            .find(group, name)
            .orElseThrow(() -> LogsException.notFound("The specified log stream does not exist."));
    int limit = request.whole("limit", 1, EVENTS_MAX, EVENTS_MAX);
    long start = request.time("startTime").orElse(0L);
    long end = request.time("endTime").orElse(Long.MAX_VALUE);
    Optional<Long> forward = request.token("nextToken", "f");
    Optional<Long> backward =
        forward.isPresent() ? Optional.empty() : request.token("nextToken", "b");
    List<Line> lines = List.of();
    long at = forward.or(() -> backward).orElse(0L);
    try (LogLines log = LogLines.open(stream.file(), stream.endedAt().isPresent())) {
      if (backward.isPresent() || forward.isEmpty() && !request.yes("startFromHead")) {
        long until = backward.orElse(end == Long.MAX_VALUE ? log.length() : log.from(end));
        lines = log.backward(until, limit, BYTES_MAX);
        at = backward.orElse(until);
      } else {
        at = Math.max(at, start == 0 ? 0 : log.from(start));
        lines = log.forward(at, limit, BYTES_MAX);
      }
    } catch (NoSuchFileException e) {
      // It has written nothing yet, or its log was deleted.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode list = answer.putArray("events");
    for (Line line : lines) {
      if (line.time() >= start && line.time() < end) {
        list.addObject()
            .put("timestamp", line.time())
            .put("message", line.text())
            .put("ingestionTime", line.time());
      }
    }
    long next = lines.isEmpty() ? at : lines.getLast().next();
    long before = lines.isEmpty() ? at : lines.getFirst().offset();
    return answer
        .put("nextForwardToken", LogsRequest.token("f", next))
        .put("nextBackwardToken", LogsRequest.token("b", before));
  }

  private ObjectNode filter(LogsRequest request) {
    request.knows(
        "logGroupName",
        "logGroupIdentifier",
        "logStreamNames",
        "logStreamNamePrefix",
        "startTime",
        "endTime",
        "filterPattern",
        "nextToken",
        "limit",
        "interleaved",
        "unmask");
    String group = group(request);
    FilterPattern pattern = FilterPattern.parse(request.text("filterPattern").orElse(""));
    int limit = request.whole("limit", 1, EVENTS_MAX, EVENTS_MAX);
    long start = request.time("startTime").orElse(0L);
    long end = request.time("endTime").orElse(Long.MAX_VALUE);
    List<String> names = request.texts("logStreamNames", NAMED_STREAMS_MAX);
    if (!names.isEmpty() && request.text("logStreamNamePrefix").isPresent()) {
      throw LogsException.invalid(
          "logStreamNames and logStreamNamePrefix may not be given together.");
    }
    String prefix = request.text("logStreamNamePrefix").orElse("");
    Optional<LogSearch.Position> position =
        Optional.of(LogSearch.Position.of(request.text("nextToken")));
    List<LogSearch.Found> found = new ArrayList<>();
    int budget = BYTES_MAX;
    while (position.isPresent() && found.size() < limit && budget > 0) {
      LogSearch.Position from = position.get();
      List<Stream> page =
          names.isEmpty() ? page(group, prefix, start, from) : named(group, names, from);
      position = Optional.empty();
      for (int i = 0; i < page.size() && position.isEmpty(); i++) {
        Stream stream = page.get(i);
        var search = new LogSearch(stream, pattern, start, end);
        long offset = stream.name().equals(from.name()) ? from.offset() : 0;
        long at = search.run(offset, limit - found.size(), budget, found);
        budget -= search.bytes();
        if (at >= 0) {
          position = Optional.of(new LogSearch.Position(stream.name(), at, false));
        } else if (i == page.size() - 1 && names.isEmpty() && page.size() == PAGE) {
          position = Optional.of(new LogSearch.Position(stream.name(), 0, true));
        }
      }
    }
    found.sort(Comparator.comparingLong(f -> f.line().time()));
    return answer(found, position);
  }

  private static ObjectNode answer(
      List<LogSearch.Found> found, Optional<LogSearch.Position> position) {
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode list = answer.putArray("events");
    for (LogSearch.Found f : found) {
      list.addObject()
          .put("logStreamName", f.stream().name())
          .put("timestamp", f.line().time())
          .put("message", f.line().text())
          .put("ingestionTime", f.line().time())
          .put("eventId", f.id());
    }
    answer.putArray("searchedLogStreams");
    position.ifPresent(p -> answer.put("nextToken", p.token()));
    return answer;
  }

  private List<Stream> page(String group, String prefix, long start, LogSearch.Position from) {
    return streams.list(
        new Listing(
            group,
            prefix,
            from.past() ? from.name() + "\0" : from.name(),
            start == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(start)),
            false,
            false,
            0,
            PAGE));
  }

  private List<Stream> named(String group, List<String> names, LogSearch.Position from) {
    List<Stream> all = new ArrayList<>();
    for (String name : names.subList(Math.max(0, names.indexOf(from.name())), names.size())) {
      all.add(
          streams
              .find(group, name)
              .orElseThrow(
                  () -> LogsException.notFound("The specified log stream does not exist.")));
    }
    return all;
  }
}
