package llm.providers.openai;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.gateway.Gateway;
import llm.core.testkit.Calls;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.ManualClock;
import llm.core.testkit.Received;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.Reply;
import llm.core.testkit.TestConfig;
import llm.domain.port.IdSource;

/**
 * A gateway whose one upstream {@code up} is a real socket, on a clock that stands. Its models are
 * named and never asked for again, so that what goes out beside the first question is pings and
 * requests alone.
 */
final class WarmRig implements AutoCloseable {
  static final String ANSWER =
      "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},"
          + "\"finish_reason\":\"stop\"}]}";
  static final Reply WHOLE = Reply.ok("application/json", ANSWER);

  final FaultUpstream server;
  final ManualClock clock = new ManualClock();
  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final CallScope call = Calls.open("call-1", clock, Duration.ofDays(30));
  final Gateway gateway;

  /** With these lines in the upstream's section, over a server that answers everything. */
  static WarmRig open(String... settings) {
    var server = FaultUpstream.open();
    server.otherwise(WarmRig::answer);
    return new WarmRig(server, settings);
  }

  /** Over a server of the test's own. */
  WarmRig(FaultUpstream server, String... settings) {
    this.server = server;
    String yaml =
        "providers:\n openai_compatible:\n  upstreams:\n   up:\n"
            + ("base_url: " + server.uri() + "/v1\nmodels: [m]\nrefresh_seconds: 86400\n").indent(4)
            + String.join("\n", settings).indent(4);
    var config = TestConfig.yaml(yaml);
    gateway =
        Gateway.open(
            config.root(),
            () -> Catalogue.EMPTY,
            telemetry,
            clock,
            IdSource.RANDOM,
            _ -> {},
            Optional.empty());
    if (!config.problems().isEmpty()) {
      throw new AssertionError(config.problems());
    }
    gateway.connections().start();
  }

  static Reply answer(Received request) {
    return request.method().equals("POST") ? WHOLE : Reply.ok("application/json", Upstreams.MODELS);
  }

  /** Waits for the {@code count}-th event of this name. */
  RecordingTelemetry.Event await(String event, int count) {
    Upstreams.await(() -> telemetry.events(event).size() >= count);
    return telemetry.events(event).get(count - 1);
  }

  /** Lets an interval pass, and waits for the end of the {@code count}-th ping. */
  RecordingTelemetry.Event nextPing(int count) {
    clock.advance(Duration.ofSeconds(25));
    return await("keep_alive_ping_finish", count);
  }

  /** What was asked of the server, as {@code GET /v1/models}. */
  List<String> asked() {
    return server.requests().stream().map(got -> got.method() + " " + got.target()).toList();
  }

  @Override
  public void close() {
    gateway.close();
    call.close();
    server.close();
  }
}
