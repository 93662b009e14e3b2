package dev.spillway.lambda.invoke;

import dev.spillway.lambda.invoke.LambdaWire.Answer;
import dev.spillway.lambda.invoke.LambdaWire.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which operation a method and a path mean. */
final class Routes {
  private final List<Route> routes = new ArrayList<>();

  /** Answers a request whose path arguments have been read. */
  interface Operation {
    Answer answer(Request request);
  }

  /** As {@link Operation}, when it is done; its errors come out of the future, or at once. */
  interface LongOperation {
    CompletableFuture<Answer> answer(Request request);
  }

  private record Route(
      String method, Pattern path, Set<String> parameters, LongOperation operation) {}

  /**
   * Adds an operation.
   *
   * @param path with {@code {}} for each argument, at most two
   * @param parameters of the query; any other one is refused by name
   */
  Routes on(String method, String path, Set<String> parameters, Operation operation) {
    return onLong(
        method,
        path,
        parameters,
        request -> CompletableFuture.completedFuture(operation.answer(request)));
  }

  /** As {@link #on}, of one that no thread waits for. */
  Routes onLong(String method, String path, Set<String> parameters, LongOperation operation) {
    String expression = path.replace("{}", "([^/]+)") + "/?";
    routes.add(new Route(method, Pattern.compile(expression), parameters, operation));
    return this;
  }

  /** Empty when no operation has this method and path. */
  Optional<CompletableFuture<Answer>> answer(Request request) {
    for (Route route : routes) {
      Matcher matcher = route.path.matcher(request.path());
      if (route.method.equals(request.method()) && matcher.matches()) {
        Set<String> unknown = new TreeSet<>(request.query().keySet());
        unknown.removeAll(route.parameters);
        if (!unknown.isEmpty()) {
          throw Members.invalid(
              "Query parameter "
                  + unknown.iterator().next()
                  + " is not known here; known are "
                  + new TreeSet<>(route.parameters));
        }
        List<String> arguments = new ArrayList<>();
        for (int i = 1; i <= matcher.groupCount(); i++) {
          arguments.add(LambdaWire.decoded(matcher.group(i)));
        }
        return Optional.of(route.operation.answer(request.with(arguments)));
      }
    }
    return Optional.empty();
  }
}
