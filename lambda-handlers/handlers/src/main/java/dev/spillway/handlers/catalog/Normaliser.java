package dev.spillway.handlers.catalog;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Turns a paragraph of a raw catalogue into an item.
 *
 * <p>Errors: empty for a product that cannot be sold as it stands (no name, no readable price): it
 * is counted, the shop goes on.
 */
final class Normaliser {
  /** All that is read of a raw catalogue; {@code Country} makes variants of one product. */
  static final Set<String> FIELDS =
      Set.of(
          "Package",
          "Version",
          "Architecture",
          "Maintainer",
          "Homepage",
          "Description",
          "Section",
          "Country",
          "Price",
          "Availability",
          "Image");

  private static final Pattern PRICE = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,6})?) ([A-Z]{3})");
  private static final Pattern NOT_IN_ID = Pattern.compile("[^A-Za-z0-9._+-]");
  private static final Set<String> AVAILABILITY =
      Set.of("in_stock", "out_of_stock", "preorder", "backorder");

  private Normaliser() {}

  static Optional<Item> item(Map<String, String> raw) {
    String name = raw.getOrDefault("Package", "");
    var price = PRICE.matcher(raw.getOrDefault("Price", ""));
    if (name.isBlank() || !price.matches()) {
      return Optional.empty();
    }
    String country = raw.getOrDefault("Country", "");
    String text = raw.getOrDefault("Description", "");
    int lineEnd = text.indexOf('\n');
    String summary = lineEnd < 0 ? text : text.substring(0, lineEnd);
    String group = NOT_IN_ID.matcher(name).replaceAll("_");
    return Optional.of(
        new Item(
            country.isEmpty() ? group : group + "-" + NOT_IN_ID.matcher(country).replaceAll("_"),
            group,
            summary.isEmpty() ? name : name + ": " + summary,
            description(raw, text),
            link(raw, group),
            raw.getOrDefault("Image", ""),
            new BigDecimal(price.group(1)).setScale(2, RoundingMode.HALF_UP).toPlainString(),
            price.group(2),
            availability(raw.getOrDefault("Availability", "")),
            brand(raw.getOrDefault("Maintainer", ""))));
  }

  private static String description(Map<String, String> raw, String text) {
    var all = new StringBuilder(text.isEmpty() ? raw.get("Package") : text);
    append(all, "Version ", raw.get("Version"));
    append(all, "for ", raw.get("Architecture"));
    append(all, "in ", raw.get("Section"));
    append(all, "sold in ", raw.get("Country"));
    return all.append('.').toString();
  }

  private static void append(StringBuilder text, String what, String value) {
    if (value != null && !value.isEmpty()) {
      text.append(text.indexOf("; ") < 0 ? "; " : ", ").append(what).append(value);
    }
  }

  private static String link(Map<String, String> raw, String name) {
    String home = raw.getOrDefault("Homepage", "");
    return home.startsWith("https://") || home.startsWith("http://")
        ? home
        : "https://packages.debian.org/" + name;
  }

  private static String availability(String given) {
    String word = given.toLowerCase(Locale.ROOT).replace(' ', '_');
    return AVAILABILITY.contains(word) ? word : "in_stock";
  }

  /** {@code Jane Doe <jane@example.org>} without the address. */
  private static String brand(String maintainer) {
    int address = maintainer.indexOf('<');
    String name = (address < 0 ? maintainer : maintainer.substring(0, address)).strip();
    return name.isEmpty() ? "unbranded" : name;
  }
}
