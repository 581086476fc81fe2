package llm.server.engine;

import com.sun.net.httpserver.HttpsServer;
import com.sun.net.httpserver.spi.HttpServerProvider;
import java.io.IOException;
import java.net.InetSocketAddress;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Telemetry;

/**
 * Makes servers of our own engine. It is made by its constructor and not declared as a service, so
 * that the JDK's provider stays the default of the process and both engines can run side by side.
 */
public final class EngineProvider extends HttpServerProvider {
  private final EngineLimits limits;
  private final ConnectionLayer layer;
  private final Alarms alarms;
  private final Telemetry telemetry;

  /** A provider of servers with these limits. */
  public EngineProvider(
      EngineLimits limits, ConnectionLayer layer, Alarms alarms, Telemetry telemetry) {
    this.limits = limits;
    this.layer = layer;
    this.alarms = alarms;
    this.telemetry = telemetry;
  }

  /** {@inheritDoc} A null address leaves it unbound. */
  @Override
  public Engine createHttpServer(InetSocketAddress address, int backlog) throws IOException {
    var engine = new Engine(limits, layer, alarms, telemetry);
    if (address != null) {
      engine.bind(address, backlog);
    }
    return engine;
  }

  /**
   * Not offered: TLS is the connections' layer here.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public HttpsServer createHttpsServer(InetSocketAddress address, int backlog) {
    throw new UnsupportedOperationException("give the provider a layer that speaks TLS instead");
  }
}
