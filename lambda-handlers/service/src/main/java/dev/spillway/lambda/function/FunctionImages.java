package dev.spillway.lambda.function;

/** Port: the container images of functions of package type Image. */
public interface FunctionImages {

  /**
   * An image that is here.
   *
   * @param sha256 64 hex digits that name its content; what the function runs until its code is
   *     updated, wherever the tag in its URI may point by then
   */
  record Image(String uri, String sha256) {}

  /** Where nothing runs images. */
  FunctionImages NONE =
      uri -> {
        throw FunctionControl.invalid(
            "Code.ImageUri is "
                + uri
                + ", but functions do not run as containers here. Give the code as a zip file, or"
                + " run the image as a Batch job");
      };

  /**
   * Looks an image up, and gets it from its registry when it is not here: that may take minutes.
   *
   * @throws LambdaException 400 when it cannot be had
   */
  Image find(String uri);
}
