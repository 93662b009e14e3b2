package dev.spillway.handlers.catalog;

import io.micronaut.serde.annotation.Serdeable;

/** The feed that was written. Units: bytes, milliseconds; {@code feedBytes} unpacked. */
@Serdeable
public record FeedResult(
    String shop,
    long items,
    long feedBytes,
    long packedBytes,
    String feedS3Uri,
    long durationMillis) {}
