package dev.spillway.lambda.function;

import java.util.Optional;

/** Port: whether functions of package type Image can run here. */
public interface FunctionImages {

  /** Where nothing runs images. */
  FunctionImages NONE =
      image ->
          Optional.of(
              "Code.ImageUri is "
                  + image
                  + ", but functions do not run as containers here. Give the code as a zip file, or"
                  + " run the image as a Batch job");

  /** Why this image is refused, for a 400; empty when it is accepted. */
  Optional<String> refusal(String imageUri);
}
