package llm.providers.replay;

import java.util.function.Supplier;
import llm.core.provider.ProviderContext;
import llm.providers.transport.Transport;

/** Opens the way to an upstream: as it is, recorded, or from a recording. */
public final class Traffic {
  private Traffic() {}

  /**
   * The way as the settings want it. Without settings it is {@code network} itself.
   *
   * @param name of the upstream
   * @param modelsPath where it lists its models
   * @param network opens the way over the network, where one is needed
   */
  public static Transport open(
      String name,
      TrafficSettings settings,
      String modelsPath,
      ProviderContext context,
      Supplier<Transport> network) {
    if (settings.replay().isPresent()) {
      return new ReplayTransport(name, settings, modelsPath, context.telemetry(), context.alarms());
    }
    if (settings.recording().isPresent()) {
      var recorder = new Recorder(name, settings, context.telemetry(), context.time());
      return new RecordingTransport(network.get(), recorder);
    }
    return network.get();
  }
}
