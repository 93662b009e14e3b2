package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs behind the conformance tests. What they did not send or read back stands in {@code
 * conformance-uncovered.tsv} with the reason; the list is no longer and no shorter than the truth.
 */
@Tag("conformance")
@Order(Integer.MAX_VALUE)
class MemberCoverageTest {

  @Test
  void every_member_that_is_not_covered_has_its_reason() throws Exception {
    assumeTrue(MemberCoverage.ran().containsAll(all()), "only when all conformance tests ran");
    MemberCoverage.Report report = MemberCoverage.report();
    Map<String, String> reasons = reasons();
    System.out.printf(
        "conformance: request members %d of %d, response members %d of %d; the others:%n",
        report.sent(), report.ofSent(), report.read(), report.ofRead());
    report
        .uncovered()
        .forEach(m -> System.out.printf("  %s: %s%n", m, reasons.getOrDefault(m, "NO REASON")));
    assertThat(reasons.keySet()).isEqualTo(report.uncovered());
    assertThat(reasons.values()).as("reasons").allMatch(reason -> reason.length() > 10);
  }

  private static Map<String, String> reasons() throws Exception {
    URI list = MemberCoverageTest.class.getResource("/conformance-uncovered.tsv").toURI();
    try (Stream<String> lines = Files.lines(Path.of(list))) {
      return lines
          .map(line -> line.split("\t"))
          .collect(Collectors.toMap(l -> l[0], l -> l[1], (a, _) -> a, TreeMap::new));
    }
  }

  private static Set<String> all() throws Exception {
    Path here = Path.of(MemberCoverageTest.class.getResource(".").toURI());
    try (Stream<Path> classes = Files.list(here)) {
      return classes
          .map(file -> file.getFileName().toString().replace(".class", ""))
          .filter(name -> name.endsWith("ConformanceTest"))
          .collect(Collectors.toSet());
    }
  }
}
