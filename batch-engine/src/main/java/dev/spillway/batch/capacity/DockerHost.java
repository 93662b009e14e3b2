package dev.spillway.batch.capacity;

import java.util.Optional;

/**
 * A container engine that a user registered.
 *
 * @param url {@code unix:///path} or {@code tcp://host:port}
 * @param certificates folder with {@code ca.pem}, {@code cert.pem} and {@code key.pem}; with it the
 *     connection is TLS
 */
public record DockerHost(String url, Optional<String> certificates) {}
