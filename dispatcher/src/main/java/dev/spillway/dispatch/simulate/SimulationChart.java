package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.routing.Amounts;
import dev.spillway.dispatch.simulate.Comparison.Line;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Draws comparisons as SVG: for each policy a bar for its cost, with what the oracle would have
 * paid in the darker part, and below it how long tasks took and, where they shared places, what
 * that meant.
 */
public final class SimulationChart {
  private static final int WIDTH = 960;
  private static final int BAR = 22;
  private static final int STEP = 52;
  private static final int NAMES = 300;
  private static final int BARS = 420;
  private static final int HEAD = 88;
  private static final int FOOT = 30;

  private SimulationChart() {}

  /** The picture as text, one panel a comparison. */
  public static String svg(List<Comparison> comparisons) {
    int height = comparisons.stream().mapToInt(SimulationChart::height).sum();
    StringBuilder svg = new StringBuilder();
    svg.append(
        text(
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" \
            font-family="sans-serif" font-size="14">
            <rect width="100%%" height="100%%" fill="#ffffff"/>
            """,
            WIDTH, height, WIDTH, height));
    int top = 0;
    for (Comparison comparison : comparisons) {
      panel(svg, comparison, top);
      top += height(comparison);
    }
    return svg.append("</svg>\n").toString();
  }

  private static int height(Comparison comparison) {
    return HEAD + STEP * comparison.lines().size() + FOOT;
  }

  private static void panel(StringBuilder svg, Comparison comparison, int top) {
    svg.append(
        text(
            "<text x=\"16\" y=\"%d\" font-size=\"17\" font-weight=\"bold\">Cost at list prices, %s feedback, objective %s</text>%n",
            top + 28, comparison.feedback().word(), comparison.objective().word()));
    svg.append(
        text(
            "<text x=\"16\" y=\"%d\" fill=\"#555555\">%,d tasks, %,.1f h of work; dark: what the oracle pays</text>%n",
            top + 50, comparison.tasks(), comparison.seconds() / 3600));
    if (!comparison.capacity().unlimited()) {
      svg.append(
          text(
              "<text x=\"16\" y=\"%d\" fill=\"#555555\">%s</text>%n",
              top + 70, escaped(comparison.capacity().places())));
    }
    double most = comparison.lines().stream().mapToDouble(Line::cost).max().orElse(1);
    int y = top + HEAD;
    for (Line line : comparison.lines()) {
      bar(svg, line, y, most);
      svg.append(
          text(
              "<text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"#555555\">%s</text>%n",
              NAMES, y + BAR + 15, took(line, comparison.capacity().unlimited())));
      y += STEP;
    }
  }

  private static String took(Line line, boolean alone) {
    String times =
        text(
            "mean time %,.1f s, p95 %,.1f s, x %.3f of the fastest",
            line.times().meanSeconds(), line.times().p95Seconds(), line.times().timesFastest());
    return alone
        ? times
        : times
            + text(
                "; queued %,.1f s, makespan %s, Batch %,.1f vCPU-h, %s failed",
                line.queueSeconds(),
                Amounts.time(Duration.ofMillis(Math.round(1000 * line.makespanSeconds()))),
                line.batchVcpuHours(),
                Amounts.count(line.failed()));
  }

  private static void bar(StringBuilder svg, Line line, int y, double most) {
    boolean ours = line.policy().equals(Simulation.OURS);
    double whole = most == 0 ? 0 : BARS * line.cost() / most;
    double needed = most == 0 ? 0 : BARS * Math.max(0, line.cost() - line.regret()) / most;
    svg.append(
        text(
            "<text x=\"%d\" y=\"%d\" text-anchor=\"end\"%s>%s</text>%n",
            NAMES - 12, y + 16, ours ? " font-weight=\"bold\"" : "", escaped(line.policy())));
    svg.append(
        text(
            "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
            NAMES, y, whole, BAR, ours ? "#f2a65a" : "#c9ced6"));
    svg.append(
        text(
            "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
            NAMES, y, Math.min(whole, needed), BAR, ours ? "#d9772b" : "#7d8797"));
    svg.append(
        text(
            "<text x=\"%.1f\" y=\"%d\">$%,.2f  x %.3f  wait %.1f s</text>%n",
            NAMES + whole + 8, y + 16, line.cost(), line.timesOracle(), line.waitSeconds()));
  }

  private static String text(String format, Object... figures) {
    return String.format(Locale.ROOT, format, figures);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
