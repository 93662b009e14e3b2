package dev.spillway.lambda.function;

import java.nio.file.Path;
import java.time.Instant;

/**
 * One state of a function: its configuration with the code it had. Environments belong to exactly
 * one revision.
 *
 * @param arn without qualifier
 * @param taskRoot folder with the unpacked code
 * @param codeSha256 base64, as Lambda shows it
 * @param codeSize bytes of the archive, or of the files in the folder
 */
public record Revision(
    FunctionConfiguration configuration,
    String arn,
    Path taskRoot,
    String codeSha256,
    long codeSize,
    Instant lastModified,
    String revisionId) {

  public String functionName() {
    return configuration.functionName();
  }

  /** True when environments of the one may serve calls of the other. */
  boolean sameAs(FunctionConfiguration other, String otherSha256) {
    return configuration.equals(other) && codeSha256.equals(otherSha256);
  }
}
