package dev.spillway.lambda.function;

import java.nio.file.Path;
import java.time.Instant;

/**
 * One state of a function: its configuration with the code it had. Environments belong to exactly
 * one revision.
 *
 * @param version {@code $LATEST}, or the number of a published version, which never changes
 * @param arn without qualifier
 * @param taskRoot folder with the unpacked code
 * @param codeSha256 base64, as Lambda shows it
 * @param codeSize bytes of the archive, or of the files in the folder
 */
public record Revision(
    FunctionConfiguration configuration,
    String version,
    String arn,
    Path taskRoot,
    String codeSha256,
    long codeSize,
    Instant lastModified,
    String revisionId) {

  public String functionName() {
    return configuration.functionName();
  }

  /** With the version: how lists of versions show it. */
  public String qualifiedArn() {
    return arn + ":" + version;
  }

  public boolean latest() {
    return version.equals(FunctionName.LATEST);
  }

  /** True when environments of the one may serve calls of the other. */
  boolean sameAs(FunctionConfiguration other, String otherSha256) {
    return configuration.equals(other) && codeSha256.equals(otherSha256);
  }

  /** A copy under a number; what was published does not change any more. */
  Revision published(String number, String newRevisionId, String description) {
    FunctionDetails details = configuration.details();
    return new Revision(
        configuration.withDetails(
            new FunctionDetails(
                description,
                details.role(),
                details.imageUri(),
                details.deadLetter(),
                details.kept())),
        number,
        arn,
        taskRoot,
        codeSha256,
        codeSize,
        lastModified,
        newRevisionId);
  }
}
