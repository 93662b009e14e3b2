package dev.spillway.dispatch.wiring;

import java.net.URI;

/**
 * What this server says of itself.
 *
 * @param s3 where its S3 is
 * @param runner where jobs run: {@code docker 20.10.24}, {@code process} or {@code aws us-east-1}
 * @param backend {@code embedded} or {@code aws}
 */
public record ServerAddress(URI s3, String runner, String backend) {

  boolean aws() {
    return backend.equals("aws");
  }
}
