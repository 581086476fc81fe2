package llm.providers.transport;

import javax.net.ssl.SSLContext;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Telemetry;

/** Opens transports. */
public final class Transports {
  private Transports() {}

  /**
   * A transport to one upstream. Connects nowhere yet.
   *
   * @param provider the name that logs and metrics call it by
   * @param alarms the process's timer, whose clock every limit is on
   */
  public static Transport open(
      String provider,
      BaseUrl target,
      TransportSettings settings,
      Telemetry telemetry,
      Alarms alarms) {
    var metrics = new ConnectionMetrics(telemetry.metrics(), provider);
    var permits = new Permits(target.address(), settings, alarms);
    SSLContext tls = Certificates.context(settings.authorities());
    boolean jdk =
        switch (settings.client()) {
          case AUTO -> settings.http2();
          case LEAN -> false;
          case JDK -> true;
        };
    if (jdk) {
      return new JdkTransport(target, settings, tls, permits, metrics, alarms);
    }
    var log = telemetry.log("llm.conn");
    var connector = new Connector(provider, target, settings, tls, alarms, log);
    var pool = new ConnectionPool(connector, permits, settings, alarms, metrics);
    return new PooledTransport(target, settings, pool, metrics, alarms);
  }
}
