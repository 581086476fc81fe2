package llm.core;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.catalogue.Catalogue;
import llm.core.catalogue.Prompts;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.TimerThread;
import llm.core.conversation.ConversationSettings;
import llm.core.conversation.Conversations;
import llm.core.conversation.Conversations.Opening;
import llm.core.conversation.TurnEvent;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.store.memory.MemoryLogStore;
import llm.core.store.memory.MemoryValueStore;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.core.tokens.TokenCounters;
import llm.domain.call.CallId;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;

/** C-11: conversations with a {@link SandboxModel}, over the real gateway and a store in memory. */
final class TalkScenes {
  private static final String TALK = "sandbox-talk";
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final long STORE_BYTES = 8 << 20;
  private static final int MOST_TURNS = 200;
  private static final GatewaySettings GATEWAY =
      new GatewaySettings(
          Optional.of(SandboxModel.ID), Optional.empty(), LIMIT, LIMIT, 8, STORE_BYTES);
  private static final ConversationSettings SETTINGS =
      new ConversationSettings(
          0.5,
          0.7,
          2,
          0,
          LIMIT,
          ConversationSettings.ConcurrentTurns.REJECT,
          1,
          8,
          Duration.ofHours(1),
          1 << 20);

  private final Telemetry telemetry;
  private final TimerThread timer;
  private final Log log;
  private int calls;

  TalkScenes(Telemetry telemetry, TimerThread timer) {
    this.telemetry = telemetry;
    this.timer = timer;
    this.log = telemetry.log("llm.sandbox");
  }

  /** A handshake with an empty generation, and the pings after it. */
  void connection() throws InterruptedException {
    var model = new SandboxModel(timer);
    try (var gateway = gateway(model)) {
      gateway.connections().start();
      log.info("connection").put("pinged", model.awaitPings()).emit();
    }
  }

  /** One request and its stream, as logger {@code llm.client} tells it. */
  void client() throws LlmException {
    try (var gateway = gateway(new SandboxModel(timer));
        var conversations = conversations(gateway)) {
      open(conversations);
      turn(conversations, "Is there a train to Ulm?");
    }
  }

  /** Turns until one of them went on in a new context, and what the cache has of it all. */
  void manager() throws LlmException {
    try (var gateway = gateway(new SandboxModel(timer));
        var conversations = conversations(gateway)) {
      open(conversations);
      boolean handedOver = false;
      for (int turn = 1; turn <= MOST_TURNS && !handedOver; turn++) {
        handedOver = turn(conversations, "Turn " + turn + ": is there a train to Ulm?");
      }
      for (int time = 0; time < 2; time++) {
        try (CallScope call = call()) {
          var said = conversations.summarize(TALK, call).orElseThrow();
          log.info("summary").put("cached", said.cached()).put("text", said.answer()).emit();
        }
      }
    }
  }

  private Gateway gateway(SandboxModel model) {
    return Gateway.of(
        GATEWAY,
        List.of(new ProviderSetup.Ready(model)),
        Catalogue.EMPTY,
        telemetry,
        timer,
        IdSource.RANDOM,
        _ -> {});
  }

  private Conversations conversations(Gateway gateway) {
    var metrics = telemetry.metrics();
    return new Conversations(
        SETTINGS,
        Prompts.DEFAULTS,
        gateway,
        new MemoryLogStore(STORE_BYTES, STORE_BYTES, timer.time(), metrics),
        new MemoryValueStore(STORE_BYTES, timer.time(), metrics),
        new TokenCounters(),
        telemetry,
        timer,
        IdSource.RANDOM);
  }

  private void open(Conversations conversations) throws LlmException {
    try (CallScope call = call()) {
      conversations.open(new Opening(Optional.of(TALK), Optional.empty(), Optional.empty()), call);
    }
  }

  /** Whether the turn went on in a new context. */
  private boolean turn(Conversations conversations, String text) throws LlmException {
    try (CallScope call = call();
        EventStream<TurnEvent> events = conversations.turn(TALK, Optional.empty(), text, call)) {
      TurnEvent event;
      do {
        event = events.next();
        if (event instanceof TurnEvent.Chunk(String said, boolean isFinal, var _)) {
          log.info("text_chunk").put("text", said).put("is_final_chunk", isFinal).emit();
        }
      } while (!(event instanceof TurnEvent.Terminal));
      return event instanceof TurnEvent.Finished(var report) && report.handoverMs().isPresent();
    }
  }

  private CallScope call() {
    calls++;
    return CallScope.open(
        new CallId("sandbox-" + calls),
        Principal.LOCAL,
        Optional.empty(),
        LIMIT,
        timer,
        bug -> log.error("hook_failed").cause(bug).emit());
  }
}
