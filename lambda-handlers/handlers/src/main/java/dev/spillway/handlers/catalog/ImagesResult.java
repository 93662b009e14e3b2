package dev.spillway.handlers.catalog;

import io.micronaut.serde.annotation.Serdeable;
import java.util.List;

/**
 * The renditions that were written.
 *
 * @param pictures distinct ones that the items name
 * @param renditions JPEGs written
 * @param unreadable pictures that are missing or no pictures; the first ones are named in {@code
 *     faults}
 */
@Serdeable
public record ImagesResult(
    String shop,
    long items,
    long pictures,
    long renditions,
    long unreadable,
    List<String> faults,
    long durationMillis) {}
