package dev.spillway.handlers.catalog;

import io.micronaut.serde.annotation.Serdeable;
import java.util.List;

/**
 * What was collected; also written to the shop's {@code summary.json}.
 *
 * <p>Units: bytes, milliseconds. {@code expandedBytes} is the raw catalogue unpacked, {@code
 * itemsBytes} the clean items unpacked.
 *
 * @param duplicates products that came again under an id already seen; the first one counts
 * @param rejected products without a name or a readable price
 */
@Serdeable
public record CollectResult(
    String shop,
    List<String> raw,
    long rawBytes,
    long expandedBytes,
    long items,
    long duplicates,
    long rejected,
    long itemsBytes,
    String itemsS3Uri,
    long durationMillis) {}
