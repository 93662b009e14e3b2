package dev.spillway.batch.execution.docker;

import com.github.dockerjava.api.command.InspectNetworkCmd;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Network;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Optional;

/**
 * Spillway's own bridge network. Containers of its jobs join it, and reach the server at the
 * gateway's address; the loopback they cannot reach.
 *
 * @param gateway where the server binds its second listener
 */
public record DockerNetwork(String name, String id, InetAddress gateway) {

  /** Finds the data folder's network; makes it the first time. */
  public static DockerNetwork ensure(DockerEngine engine, DataFolderId folder) {
    String name = "spillway-" + folder.abbreviated();
    InspectNetworkCmd inspect = engine.client().inspectNetworkCmd().withNetworkId(name);
    try {
      return of(inspect.exec());
    } catch (NotFoundException e) {
      create(engine, name, folder);
      return of(inspect.exec());
    }
  }

  private static void create(DockerEngine engine, String name, DataFolderId folder) {
    try {
      engine
          .client()
          .createNetworkCmd()
          .withName(name)
          .withDriver("bridge")
          .withCheckDuplicate(true)
          .withLabels(Map.of(Containers.DATA_LABEL, folder.value()))
          .exec();
    } catch (ConflictException e) {
      // Somebody else made it at the same moment: it is the same one.
    }
  }

  private static DockerNetwork of(Network network) {
    String gateway =
        Optional.ofNullable(network.getIpam())
            .map(Network.Ipam::getConfig)
            .flatMap(configs -> configs.stream().findFirst())
            .map(Network.Ipam.Config::getGateway)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "Docker network "
                            + network.getName()
                            + " has no gateway address; remove it (docker network rm "
                            + network.getName()
                            + ") and start again"));
    try {
      // Some engines write it with the length of the subnet: 172.18.0.1/16.
      InetAddress address = InetAddress.getByName(gateway.replaceAll("/.*", ""));
      return new DockerNetwork(network.getName(), network.getId(), address);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(
          "Docker network " + network.getName() + " has the gateway \"" + gateway + "\"", e);
    }
  }

  /** Takes the network away; containers must have left it. */
  public void remove(DockerEngine engine) {
    try {
      engine.client().removeNetworkCmd(id).exec();
    } catch (NotFoundException e) {
      // Gone already.
    }
  }
}
