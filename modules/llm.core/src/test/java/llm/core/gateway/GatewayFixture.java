package llm.core.gateway;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.domain.interaction.LlmEvent;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;

/** A gateway on a clock that stands, with everything it says kept. */
final class GatewayFixture {
  static final Duration FIRST_TOKEN = Duration.ofSeconds(10);
  static final Duration IDLE = Duration.ofSeconds(4);
  static final int WARM_PREFIXES = 2;
  static final long EMBEDDING_BYTES = 1 << 20;
  private static final Duration AWAIT = Duration.ofSeconds(10);

  final ManualClock clock = new ManualClock();
  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final List<LlmEvent> events = Collections.synchronizedList(new ArrayList<>());
  final CallScope call = Calls.open("call-1", clock, Duration.ofHours(1));
  final Gateway gateway;

  private GatewayFixture(
      Optional<String> defaultModel, Catalogue catalogue, List<ProviderSetup> setups) {
    var settings =
        new GatewaySettings(
            defaultModel, Optional.empty(), FIRST_TOKEN, IDLE, WARM_PREFIXES, EMBEDDING_BYTES);
    gateway =
        Gateway.of(settings, setups, catalogue, telemetry, clock, IdSource.RANDOM, events::add);
  }

  static GatewayFixture with(ChatProvider... providers) {
    return of(Optional.empty(), "", ready(providers));
  }

  static GatewayFixture withCatalogue(String yaml, ChatProvider... providers) {
    return of(Optional.empty(), yaml, ready(providers));
  }

  static GatewayFixture of(
      Optional<String> defaultModel, String catalogue, List<ProviderSetup> setups) {
    return new GatewayFixture(
        defaultModel, Catalogue.read(TestConfig.yaml(catalogue).root()), setups);
  }

  static List<ProviderSetup> ready(ChatProvider... providers) {
    return Arrays.stream(providers).<ProviderSetup>map(ProviderSetup.Ready::new).toList();
  }

  static ChatRequest ask(String model, String text) {
    return ChatRequest.of(new ModelName(model), List.of(Message.user(text)));
  }

  EventStream<StreamEvent> stream(String model) throws LlmException {
    return gateway.stream(ask(model, "hi"), call);
  }

  List<String> eventNames() {
    return events.stream().map(event -> event.getClass().getSimpleName()).toList();
  }

  /** Waits for what another thread does; spins, because time stands still here. */
  static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + AWAIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > until) {
        throw new AssertionError("waited for " + AWAIT);
      }
      Thread.onSpinWait();
      Thread.yield();
    }
  }
}
