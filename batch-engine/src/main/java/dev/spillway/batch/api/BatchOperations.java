package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Every operation of the AWS Batch API, as the wire has it. The HTTP controller, the embedded
 * gateway and the template reader all come through here, so all get the same checks.
 */
public interface BatchOperations {

  /**
   * Runs one operation and returns when its effect is on disk.
   *
   * @param operation lower case, as in the path: {@code submitjob}
   * @param request the request body; never null
   * @return the response body
   * @throws BatchApiException what the caller did wrong (400), or what we did (500)
   */
  ObjectNode call(String operation, ObjectNode request);
}
