package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.config.Configuration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Every setting, its value and where that came from. */
@Command(
    name = "config",
    description = "Print every setting and where its value came from.",
    mixinStandardHelpOptions = true)
final class ConfigCommand implements Callable<Integer> {
  @Mixin ConfigurationOptions options;

  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    Configuration settings = options.load();
    new Table(Terminal.isOne(), false)
        .print(
            spec.commandLine().getOut(),
            List.of("SETTING", "VALUE", "FROM"),
            settings.entries().stream()
                .map(entry -> List.of(entry.setting().key(), entry.text(), entry.origin()))
                .toList());
    return 0;
  }
}
