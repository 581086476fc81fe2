package llm.providers.replay;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.CallScope;
import llm.core.provider.ProviderContext;
import llm.core.testkit.Calls;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.port.IdSource;
import llm.providers.transport.BaseUrl;
import llm.providers.transport.Transport;
import llm.providers.transport.TransportSettings;
import llm.providers.transport.Transports;
import llm.providers.transport.UpstreamRequest;
import llm.providers.transport.UpstreamRequest.Body;
import llm.providers.transport.UpstreamRequest.Header;
import llm.providers.transport.UpstreamResponse;

/** A scripted upstream, and ways to it that are recorded or replayed, on a clock that stands. */
final class TrafficRig implements AutoCloseable {
  final FaultUpstream upstream = FaultUpstream.open();
  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final ManualClock clock = new ManualClock();
  final CallScope call = Calls.open(clock);
  final Path file;

  TrafficRig(Path folder) {
    this.file = folder.resolve("up.jsonl");
  }

  /** The way that these settings make, as {@code record: …} lines. */
  Transport open(String... settings) {
    return open(clock, settings);
  }

  Transport open(Alarms alarms, String... settings) {
    var config = TestConfig.yaml(String.join("\n", settings), Map.of("TOKEN", "t0ken-4711-abc"));
    var headers = List.of(new Header("authorization", "Bearer upstream-key-1"));
    var read = TrafficSettings.read("up", config.root(), TrafficSettings.secrets(headers));
    if (!config.problems().isEmpty()) {
      throw new AssertionError(config.problems());
    }
    var context =
        new ProviderContext(config.root(), telemetry, alarms, IdSource.RANDOM, Optional.empty());
    BaseUrl target = BaseUrl.of(upstream.uri() + "/v1");
    TransportSettings reach = TransportSettings.read(TestConfig.empty().root(), target);
    return Traffic.open(
        "up",
        read,
        "/models",
        context,
        () -> Transports.open("up", target, reach, telemetry, alarms));
  }

  Transport recording(String... more) {
    return open("record: " + file, String.join("\n", more));
  }

  Transport replay(String... more) {
    return open("replay: " + file, String.join("\n", more));
  }

  static UpstreamRequest post(String body) {
    return new UpstreamRequest(
        "POST",
        "/chat/completions",
        List.of(new Header("authorization", "Bearer upstream-key-1")),
        Body.of(body.getBytes(StandardCharsets.UTF_8)));
  }

  static UpstreamRequest get(String path) {
    return new UpstreamRequest("GET", path, List.of(), Body.NONE);
  }

  /** Status and body of an answer, or the kind of the failure and its message. */
  String ask(Transport way, UpstreamRequest request) {
    try (UpstreamResponse response = way.send(request, call)) {
      byte[] body = response.body().readAllBytes();
      return response.status() + " " + new String(body, StandardCharsets.UTF_8);
    } catch (llm.providers.transport.TransportException failure) {
      return failure.kind() + ": " + failure.getMessage();
    } catch (IOException other) {
      throw new AssertionError(other);
    }
  }

  double count(String family, String result) {
    return telemetry.metrics().sum(family, "result", result).orElse(0);
  }

  @Override
  public void close() {
    call.close();
    upstream.close();
  }
}
