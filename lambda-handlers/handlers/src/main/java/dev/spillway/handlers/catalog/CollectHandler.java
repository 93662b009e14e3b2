package dev.spillway.handlers.catalog;

import dev.spillway.handlers.workload.MissingObjectException;
import dev.spillway.handlers.workload.S3Location;
import dev.spillway.handlers.workload.Scratch;
import dev.spillway.handlers.workload.Workload;
import dev.spillway.handlers.workload.WorkloadHandler;
import io.micronaut.core.annotation.Introspected;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * Reads a shop's raw catalogue and writes its items, each id once.
 *
 * <p>Scratch: the largest raw object as it lies in the bucket, all items unpacked (see {@link
 * DistinctLines}), and the packed result.
 */
@Workload("catalog-collect")
@Introspected
public class CollectHandler extends WorkloadHandler<ShopRequest, CollectResult> {
  public CollectHandler() {
    super(ShopRequest.class);
  }

  /** What one run has counted so far. */
  private static final class Counts {
    long rawBytes;
    long expandedBytes;
    long items;
    long rejected;
    long itemsBytes;
  }

  @Override
  protected CollectResult run(ShopRequest shop) throws IOException {
    long start = System.nanoTime();
    List<String> raw = objects().keys(shop.bucket(), shop.rawPrefix());
    if (raw.isEmpty()) {
      throw new MissingObjectException(
          "shop "
              + shop.shop()
              + " has no raw catalogue: nothing lies below s3://"
              + shop.bucket()
              + "/"
              + shop.rawPrefix(),
          null);
    }
    var counts = new Counts();
    try (var scratch = new Scratch("collect");
        var distinct = new DistinctLines(scratch.file("items"))) {
      for (String key : raw) {
        Path file = scratch.file("raw");
        counts.rawBytes += objects().download(new S3Location(shop.bucket(), key), file);
        collect(file, distinct, counts);
        Files.delete(file);
      }
      Path packed = scratch.file("items.jsonl.gz");
      long duplicates = write(distinct, packed, counts);
      objects().upload(packed, shop.items(), "application/gzip");
      var result =
          new CollectResult(
              shop.shop(),
              raw,
              counts.rawBytes,
              counts.expandedBytes,
              counts.items,
              duplicates,
              counts.rejected,
              counts.itemsBytes,
              shop.items().toString(),
              (System.nanoTime() - start) / 1_000_000);
      objects().write(json().writeValueAsBytes(result), shop.summary(), "application/json");
      return result;
    }
  }

  private static void collect(Path file, DistinctLines distinct, Counts counts) throws IOException {
    var buffer = new ByteArrayOutputStream(4096);
    try (InputStream expanded = new Counted(expand(file), counts);
        var reader =
            new BufferedReader(new InputStreamReader(expanded, StandardCharsets.UTF_8), 1 << 16)) {
      var paragraphs = new Paragraphs(reader, Normaliser.FIELDS);
      for (Map<String, String> raw = paragraphs.next(); raw != null; raw = paragraphs.next()) {
        Optional<Item> item = Normaliser.item(raw);
        if (item.isEmpty()) {
          counts.rejected++;
          continue;
        }
        Item kept = item.get();
        distinct.add(kept.group(), kept.id(), ItemLines.line(kept, buffer));
      }
    }
  }

  private static long write(DistinctLines distinct, Path packed, Counts counts) throws IOException {
    try (OutputStream out = ItemLines.gzip(packed)) {
      return distinct.drain(
          line -> {
            out.write(line.getBytes(StandardCharsets.ISO_8859_1));
            out.write('\n');
            counts.items++;
            counts.itemsBytes += line.length() + 1;
          });
    }
  }

  /** Packed or not: the content says it, not the name. */
  private static InputStream expand(Path file) throws IOException {
    var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    in.mark(2);
    boolean gzip = in.read() == 0x1F && in.read() == 0x8B;
    in.reset();
    return gzip ? new GZIPInputStream(in, 1 << 16) : in;
  }

  /** Counts what is read through it. */
  private static final class Counted extends FilterInputStream {
    private final Counts counts;

    Counted(InputStream in, Counts counts) {
      super(in);
      this.counts = counts;
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      counts.expandedBytes += b < 0 ? 0 : 1;
      return b;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      int n = super.read(bytes, from, length);
      counts.expandedBytes += Math.max(0, n);
      return n;
    }
  }
}
