package dev.spillway.handlers.catalog;

/**
 * Text for an XML document, whatever it holds.
 *
 * <p>Source: XML 1.0 (5th edition) 2.2: a control character or half a surrogate pair may not appear
 * in a document even as a reference; each becomes U+FFFD, so that a reader sees that something was
 * there.
 */
final class XmlText {
  private static final char REPLACEMENT = '\uFFFD';

  private XmlText() {}

  /**
   * Appends text, escaped.
   *
   * @param most code points; what is longer is cut, never inside a character
   */
  static void append(StringBuilder xml, String text, int most) {
    int written = 0;
    for (int i = 0; i < text.length() && written < most; i++, written++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        xml.append(c).append(text.charAt(++i));
      } else {
        append(xml, c);
      }
    }
  }

  private static void append(StringBuilder xml, char c) {
    switch (c) {
      case '&' -> xml.append("&amp;");
      case '<' -> xml.append("&lt;");
      case '>' -> xml.append("&gt;");
      case '"' -> xml.append("&quot;");
      case '\r' -> xml.append("&#13;"); // as it stands a parser would read it as a line feed
      default -> xml.append(allowed(c) ? c : REPLACEMENT);
    }
  }

  private static boolean allowed(char c) {
    return c == '\t' || c == '\n' || (c >= 0x20 && c < 0xD800) || (c >= 0xE000 && c < 0xFFFE);
  }
}
