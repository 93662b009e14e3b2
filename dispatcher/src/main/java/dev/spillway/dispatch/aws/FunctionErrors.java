package dev.spillway.dispatch.aws;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/** Reads the error object that a failed function answers with. Source: aws-lambda Invoke, 200. */
final class FunctionErrors {
  private static final ObjectMapper JSON = new ObjectMapper();

  private FunctionErrors() {}

  static FunctionGateway.End failed(String hopKey, byte[] payload) {
    JsonNode error = read(payload);
    String message = error.path("errorMessage").asText("the function gave no message");
    return new FunctionGateway.End.FunctionFailed(
        hopKey, error.path("errorType").asText("Function.Unknown"), message);
  }

  private static JsonNode read(byte[] payload) {
    try {
      return JSON.readTree(payload);
    } catch (IOException _) {
      return JSON.createObjectNode();
    }
  }
}
