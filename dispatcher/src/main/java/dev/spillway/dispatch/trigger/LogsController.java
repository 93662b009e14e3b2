package dev.spillway.dispatch.trigger;

import dev.spillway.dispatch.aws.JobLogReader;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.task.RefusedException;
import dev.spillway.dispatch.task.Task;
import dev.spillway.dispatch.task.TaskLookup;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.io.ByteArrayOutputStream;
import java.util.Optional;

/**
 * What a task's code wrote, of every hop and attempt, those that failed included.
 *
 * <p>Shape: {@code text/plain}. {@code Spillway-Next-Offset} says where to read on, {@code
 * Spillway-Log-Ended} whether anything will follow.
 */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
@Produces(MediaType.ALL)
public class LogsController {
  private static final int PIECE = 1024 * 1024;

  /** A log has no more than this many bytes in one answer; the offset leads to the rest. */
  private static final int MOST = 64 * 1024 * 1024;

  private final TaskLookup tasks;
  private final JobLogReader jobLogs;

  public LogsController(TaskLookup tasks, JobLogReader jobLogs) {
    this.tasks = tasks;
    this.jobLogs = jobLogs;
  }

  @Get("/tasks/{id}/logs")
  public HttpResponse<byte[]> logs(@PathVariable String id, HttpRequest<?> request) {
    return Answers.guarded(
        () -> {
          Query query = Query.of(request.getParameters(), "hop", "attempt", "offset");
          Task task = tasks.find(id);
          int last = task.journey().hops().size();
          int number = query.whole("hop", 1, 1_000, Math.max(1, last));
          int attempt = query.whole("attempt", 1, 10, 0);
          int offset = query.whole("offset", 0, Integer.MAX_VALUE, 0);
          Optional<Hop> hop = task.journey().hop(number);
          if (hop.isEmpty()) {
            if (last == 0 && query.text("hop").isEmpty()) {
              return ended(Answers.text(""), 0, false);
            }
            throw RefusedException.notFound(
                "Task " + task.taskId() + " has no hop " + number + "; it has had " + last + ".");
          }
          return hop.get().route().batch()
              ? job(task, hop.get(), attempt, offset)
              : function(task, hop.get(), offset);
        });
  }

  private MutableHttpResponse<byte[]> function(Task task, Hop hop, int offset) {
    String log = tasks.functionLog(task, hop.number()).orElse("");
    byte[] bytes = log.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    byte[] rest = java.util.Arrays.copyOfRange(bytes, Math.min(offset, bytes.length), bytes.length);
    return ended(Answers.text("").body(rest), bytes.length, hop.status() != Hop.Status.OPEN);
  }

  private MutableHttpResponse<byte[]> job(Task task, Hop hop, int asked, int offset) {
    if (hop.jobId().isEmpty()) {
      return ended(Answers.text(""), 0, false);
    }
    int seen = hop.attempts().size() + (hop.status() == Hop.Status.OPEN ? 1 : 0);
    int attempt = asked == 0 ? Math.max(1, seen) : asked;
    var all = new ByteArrayOutputStream();
    long next = offset;
    boolean done = false;
    while (all.size() < MOST) {
      Optional<JobLogReader.Piece> piece = jobLogs.read(hop.jobId().get(), attempt, next, PIECE);
      if (piece.isEmpty() && asked != 0) {
        throw RefusedException.notFound(
            "Hop "
                + hop.number()
                + " of task "
                + task.taskId()
                + " has no attempt "
                + attempt
                + ".");
      }
      if (piece.isEmpty() || piece.get().bytes().length == 0) {
        done = piece.map(JobLogReader.Piece::ended).orElse(false);
        break;
      }
      all.writeBytes(piece.get().bytes());
      next = piece.get().nextOffset();
    }
    return ended(Answers.text("").body(all.toByteArray()), next, done);
  }

  private static MutableHttpResponse<byte[]> ended(
      MutableHttpResponse<byte[]> answer, long next, boolean ended) {
    return answer
        .header("Spillway-Next-Offset", Long.toString(next))
        .header("Spillway-Log-Ended", Boolean.toString(ended));
  }
}
