package dev.spillway.lambda.function;

import java.util.List;
import java.util.Optional;

/**
 * A resource policy as it was put together by AddPermission. It is kept and answered; nobody is
 * refused by it, as requests are not verified here.
 */
public record FunctionPolicy(List<Statement> statements, String revisionId) {

  /** A statement: its id and its JSON. */
  public record Statement(String id, String json) {}

  public Optional<Statement> find(String id) {
    return statements.stream().filter(statement -> statement.id().equals(id)).findFirst();
  }
}
