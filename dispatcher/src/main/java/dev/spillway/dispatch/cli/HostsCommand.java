package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.config.Rule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The hosts of unmanaged compute environments. */
@Command(
    name = "hosts",
    description = "Add Docker engines to an UNMANAGED compute environment, list or remove them.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {HostsCommand.Add.class, HostsCommand.ListHosts.class, HostsCommand.Remove.class})
final class HostsCommand {
  private static final List<String> HEADER =
      List.of("HOST", "ENVIRONMENT", "URL", "TLS", "PHASE", "VCPUS", "MEMORY MIB");

  private static List<String> row(JsonNode host) {
    return List.of(
        host.path("instanceId").asText(),
        host.path("computeEnvironment").asText(),
        host.path("url").asText(),
        host.path("tls").asBoolean() ? "yes" : "no",
        host.path("phase").asText(),
        host.path("vcpus").decimalValue().stripTrailingZeros().toPlainString(),
        host.path("memoryMib").asText());
  }

  private static void print(
      JsonNode answer, Iterable<JsonNode> hosts, ClientOptions client, CommandSpec spec) {
    var out = spec.commandLine().getOut();
    List<List<String>> rows = new ArrayList<>();
    hosts.forEach(host -> rows.add(row(host)));
    if (client.json) {
      out.println(answer.toPrettyString());
    } else if (client.quiet) {
      rows.forEach(row -> out.println(row.getFirst()));
    } else {
      client.table().print(out, HEADER, rows);
    }
    out.flush();
  }

  /** One more. */
  @Command(
      name = "add",
      description = "Add a Docker engine whose containers run the environment's jobs.",
      mixinStandardHelpOptions = true)
  static final class Add implements Callable<Integer> {
    @Mixin ClientOptions client;

    @Spec CommandSpec spec;

    @Parameters(index = "0", paramLabel = "ENVIRONMENT", description = "An UNMANAGED one.")
    String environment;

    @Parameters(
        index = "1",
        paramLabel = "URL",
        description = "unix:///var/run/docker.sock, or tcp://HOST:PORT.")
    String url;

    @Option(names = "--vcpus", paramLabel = "N", description = "Default: what the engine has.")
    Integer vcpus;

    @Option(
        names = "--memory",
        paramLabel = "SIZE",
        description = "For example 12 GiB; default: what the engine has.")
    String memory;

    @Option(
        names = "--tls",
        paramLabel = "FOLDER",
        description = "On the server, with ca.pem, cert.pem and key.pem.")
    Path tls;

    @Override
    public Integer call() {
      ObjectNode body =
          JsonNodeFactory.instance
              .objectNode()
              .put("computeEnvironment", environment)
              .put("url", url);
      if (vcpus != null) {
        body.put("vcpus", vcpus);
      }
      if (memory != null) {
        body.put("memoryMib", mib(memory));
      }
      if (tls != null) {
        body.put("certificates", tls.toAbsolutePath().toString());
      }
      JsonNode answer = client.api().post("/hosts", body);
      print(answer, List.of(answer), client, spec);
      return 0;
    }

    private static long mib(String text) {
      try {
        return (Long) new Rule.Size(1).read(text);
      } catch (IllegalArgumentException e) {
        throw new CommandFailure(
            CommandFailure.REFUSED, "--memory is \"%s\"; %s.".formatted(text, e.getMessage()));
      }
    }
  }

  /** All. */
  @Command(name = "list", description = "List the hosts.", mixinStandardHelpOptions = true)
  static final class ListHosts implements Callable<Integer> {
    @Mixin ClientOptions client;

    @Spec CommandSpec spec;

    @Override
    public Integer call() {
      JsonNode answer = client.api().get("/hosts");
      print(answer, answer.path("hosts"), client, spec);
      return 0;
    }
  }

  /** One less. */
  @Command(
      name = "remove",
      description = "Give it no more jobs; it goes when its last one has ended.",
      mixinStandardHelpOptions = true)
  static final class Remove implements Callable<Integer> {
    @Mixin ClientOptions client;

    @Spec CommandSpec spec;

    @Parameters(paramLabel = "HOST", description = "Id, as hosts list shows it.")
    String host;

    @Option(names = "--now", description = "Do not wait: what runs on it is lost.")
    boolean now;

    @Override
    public Integer call() {
      JsonNode answer =
          client.api().delete("/hosts/" + TaskApi.encoded(host) + (now ? "?now=true" : ""));
      var out = spec.commandLine().getOut();
      out.println(
          client.json
              ? answer.toPrettyString()
              : client.quiet
                  ? host
                  : "Host %s takes no more jobs%s."
                      .formatted(host, now ? "" : ", and goes when its last one has ended"));
      out.flush();
      return 0;
    }
  }
}
