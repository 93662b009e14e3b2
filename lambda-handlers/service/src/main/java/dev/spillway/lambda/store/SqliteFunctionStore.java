package dev.spillway.lambda.store;

import dev.spillway.lambda.function.FunctionDocument;
import dev.spillway.lambda.function.FunctionRecord;
import dev.spillway.lambda.function.FunctionStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** One row a function: the document has all of it, so a change of any part is one write. */
final class SqliteFunctionStore implements FunctionStore {
  private final GroupCommit writer;
  private final Connection reading;
  private final FunctionDocument documents;

  SqliteFunctionStore(GroupCommit writer, Connection reading, FunctionDocument documents) {
    this.writer = writer;
    this.reading = reading;
    this.documents = documents;
  }

  @Override
  public List<FunctionRecord> load() {
    List<FunctionRecord> functions = new ArrayList<>();
    synchronized (reading) {
      try (Statement statement = reading.createStatement();
          ResultSet rows =
              statement.executeQuery("SELECT document FROM lambda_function ORDER BY name")) {
        while (rows.next()) {
          functions.add(documents.read(rows.getString(1)));
        }
      } catch (SQLException e) {
        throw new IllegalStateException("functions.db cannot be read: " + e.getMessage(), e);
      }
    }
    return functions;
  }

  @Override
  public void save(FunctionRecord function) {
    String document = documents.write(function);
    writer.write(
        db -> {
          try (PreparedStatement upsert =
              db.prepareStatement(
                  "INSERT INTO lambda_function (name, document) VALUES (?, ?)"
                      + " ON CONFLICT (name) DO UPDATE SET document = excluded.document")) {
            upsert.setString(1, function.name());
            upsert.setString(2, document);
            return upsert.executeUpdate();
          }
        });
  }

  @Override
  public void delete(String functionName) {
    writer.write(
        db -> {
          try (PreparedStatement delete =
              db.prepareStatement("DELETE FROM lambda_function WHERE name = ?")) {
            delete.setString(1, functionName);
            return delete.executeUpdate();
          }
        });
  }
}
