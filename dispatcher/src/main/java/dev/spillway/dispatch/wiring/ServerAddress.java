package dev.spillway.dispatch.wiring;

import java.net.URI;

/**
 * What this server says of itself.
 *
 * @param s3 where its S3 is
 * @param runner where jobs run: {@code docker 20.10.24} or {@code process}
 */
public record ServerAddress(URI s3, String runner) {}
