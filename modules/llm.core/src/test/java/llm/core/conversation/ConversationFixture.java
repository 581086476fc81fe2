package llm.core.conversation;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llm.core.catalogue.Catalogue;
import llm.core.catalogue.Prompts;
import llm.core.concurrent.CallScope;
import llm.core.conversation.ConversationSettings.ConcurrentTurns;
import llm.core.conversation.Conversations.Opening;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.store.memory.MemoryLogStore;
import llm.core.store.memory.MemoryValueStore;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.tokens.TokenCounters;
import llm.domain.call.CallId;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.domain.port.LogStore;
import llm.domain.port.ValueStore;

/** Conversations with a {@link Talker}, on a clock that stands, over a store that can be away. */
final class ConversationFixture implements AutoCloseable {
  /** How the model fails where it does. */
  static final LlmError BROKEN = new LlmError.ProviderFailed("talker", "Broken.");

  private static final Duration AWAIT = Duration.ofSeconds(10);
  private static final long STORE_BYTES = 256L << 20;

  final ManualClock clock = new ManualClock();
  final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final LogStore kept =
      new MemoryLogStore(STORE_BYTES, 8 << 20, clock, telemetry.metrics());
  FlakyLogs logs = new FlakyLogs(kept); // of the newest process
  final ValueStore values = new MemoryValueStore(16 << 20, clock, telemetry.metrics());
  final Talker talker;
  final Gateway gateway;
  private final ConversationSettings settings;
  Conversations conversations;
  private int calls;

  ConversationFixture(int contextTokens) {
    this(contextTokens, settings(ConcurrentTurns.REJECT, 1_000, 1 << 20));
  }

  ConversationFixture(int contextTokens, ConversationSettings settings) {
    this.settings = settings;
    this.talker = new Talker(contextTokens);
    var limits =
        new GatewaySettings(
            Optional.of("m"),
            Optional.empty(),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            8,
            1 << 20);
    this.gateway =
        Gateway.of(
            limits,
            List.of(new ProviderSetup.Ready(talker)),
            Catalogue.EMPTY,
            telemetry,
            clock,
            IdSource.RANDOM,
            _ -> {});
    startAnother();
  }

  static ConversationSettings settings(ConcurrentTurns concurrent, int resident, long backlog) {
    return new ConversationSettings(
        0.5,
        0.75,
        4,
        0,
        Duration.ofMinutes(5),
        concurrent,
        2,
        resident,
        Duration.ofHours(1),
        backlog);
  }

  /** The process dies and another one takes over: nothing but the stores is left. */
  void restart() {
    logs.is(FlakyLogs.Mood.AWAY);
    startAnother();
  }

  /** Another process begins beside this one. */
  void startAnother() {
    logs = new FlakyLogs(kept);
    conversations =
        new Conversations(
            settings,
            Prompts.DEFAULTS,
            gateway,
            logs,
            values,
            new TokenCounters(),
            telemetry,
            clock,
            IdSource.RANDOM);
  }

  void open(String id) throws LlmException {
    open(id, false);
  }

  void open(String id, boolean metadata) throws LlmException {
    conversations.open(
        new Opening(Optional.of(id), Optional.empty(), Optional.of("Be brief."), metadata), call());
  }

  void openOf(Principal owner, String id) throws LlmException {
    try (CallScope call = callOf(owner)) {
      conversations.open(
          new Opening(Optional.of(id), Optional.empty(), Optional.of("Be brief.")), call);
    }
  }

  CallScope call() {
    calls++;
    return Calls.open("call-" + calls, clock, Duration.ofHours(1));
  }

  CallScope callOf(Principal principal) {
    calls++;
    return CallScope.open(
        new CallId("call-" + calls),
        principal,
        Optional.empty(),
        Duration.ofHours(1),
        clock,
        failure -> {
          throw new AssertionError("a cancellation hook threw", failure);
        });
  }

  EventStream<TurnEvent> begin(String id, String turn, String text) throws LlmException {
    return conversations.turn(id, Optional.of(turn), text, call());
  }

  /** A turn from beginning to end. */
  List<TurnEvent> turn(String id, String turn, String text) throws LlmException {
    return drain(begin(id, turn, text));
  }

  static List<TurnEvent> drain(EventStream<TurnEvent> stream) throws LlmException {
    List<TurnEvent> events = new ArrayList<>();
    try (stream) {
      do {
        events.add(stream.next());
      } while (!(events.getLast() instanceof TurnEvent.Terminal));
    }
    return events;
  }

  /** The answer of a turn that ended well. */
  static String answer(List<TurnEvent> events) {
    var text = new StringBuilder();
    for (TurnEvent event : events) {
      if (event instanceof TurnEvent.Chunk chunk) {
        text.append(chunk.text());
      }
    }
    return text.toString();
  }

  static TurnReport report(List<TurnEvent> events) {
    return ((TurnEvent.Finished) events.getLast()).report();
  }

  /** What is asked of conversations. */
  interface Action {
    void run() throws LlmException;
  }

  /** What an action is refused with, as it must be. */
  static LlmError refusal(Action action) {
    return catchThrowableOfType(LlmException.class, action::run).error();
  }

  /** What the model was told for the latest turn. */
  List<String> lastTold() {
    return talker.turns().getLast().messages().stream().map(Message::text).toList();
  }

  Principal owner() {
    return Principal.LOCAL;
  }

  /** Waits for what another thread does; spins, because time stands still here. */
  static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + AWAIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > until) {
        throw new AssertionError("waited for " + AWAIT);
      }
      Thread.yield();
    }
  }

  @Override
  public void close() {
    conversations.close();
    gateway.close();
  }
}
