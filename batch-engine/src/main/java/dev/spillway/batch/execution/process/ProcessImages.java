package dev.spillway.batch.execution.process;

import dev.spillway.batch.BatchSettings.ProcessImage;
import java.util.List;
import java.util.Optional;

/** The images that processes of this host may stand in for. */
final class ProcessImages {
  private final List<ProcessImage> listed;

  ProcessImages(List<ProcessImage> listed) {
    this.listed = List.copyOf(listed);
  }

  /** A listed name without a tag stands for every tag; an exact match goes first. */
  Optional<ProcessImage> find(String image) {
    String whole = tagged(image) ? image : image + ":latest";
    return listed.stream()
        .filter(one -> one.name().equals(image) || one.name().equals(whole))
        .findFirst()
        .or(
            () ->
                listed.stream()
                    .filter(one -> !tagged(one.name()) && one.name().equals(name(image)))
                    .findFirst());
  }

  /** Why {@code image} is refused, in the words of the service that would have pulled it. */
  String refusal(String image) {
    String names =
        listed.isEmpty()
            ? "nothing is listed"
            : "listed: " + String.join(", ", listed.stream().map(ProcessImage::name).toList());
    return "CannotPullContainerError: image \""
        + image
        + "\" needs a container, and the process runner stands in for listed images only ("
        + names
        + "). Start a Docker engine and serve with --runner docker, or list the image under"
        + " runner.process.images";
  }

  private static boolean tagged(String image) {
    return !name(image).equals(image);
  }

  /** Without tag and digest; a colon before a slash belongs to a registry's port. */
  private static String name(String image) {
    int digest = image.indexOf('@');
    String name = digest < 0 ? image : image.substring(0, digest);
    int colon = name.lastIndexOf(':');
    return colon > name.lastIndexOf('/') ? name.substring(0, colon) : name;
  }
}
