package llm.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.bench.system.BenchFailure;
import llm.core.catalogue.Catalogue;
import llm.core.catalogue.Prompts;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.TimerThread;
import llm.core.conversation.ConversationSettings;
import llm.core.conversation.Conversations;
import llm.core.conversation.TurnEvent;
import llm.core.conversation.TurnReport;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.store.journal.JournalLogStore;
import llm.core.store.journal.JournalSettings;
import llm.core.store.memory.MemoryLogStore;
import llm.core.store.memory.MemoryValueStore;
import llm.core.telemetry.JsonLines;
import llm.core.telemetry.TelemetrySettings;
import llm.core.tokens.TokenCounters;
import llm.domain.call.CallId;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.domain.port.LogStore;
import llm.domain.port.TimeSource;

/** The conversation core as the server wires it, over a model that answers at once. */
final class CoreSetup implements AutoCloseable {
  private static final String TEXT = "What was said here is about as long as people write. ".repeat(2);

  final InstantModel model;
  final Conversations conversations;
  private final TimerThread timer = new TimerThread(_ -> {});
  private final JsonLines telemetry =
      new JsonLines(OutputStream.nullOutputStream(), TelemetrySettings.DEFAULT, TimeSource.SYSTEM);
  private final Gateway gateway;
  private final LogStore logs;
  private int turns;

  /** How the conversations' contexts change, and where they are kept. */
  record Options(int contextTokens, double warmup, double handover, Optional<Path> journal) {}

  CoreSetup(Options options) {
    this(options, Optional.empty());
  }

  /** With a store of the benchmark's own. */
  CoreSetup(Options options, LogStore store) {
    this(options, Optional.of(store));
  }

  private CoreSetup(Options options, Optional<LogStore> store) {
    model = new InstantModel(options.contextTokens());
    gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(new ProviderSetup.Ready(model)),
            Catalogue.EMPTY,
            telemetry,
            timer,
            IdSource.RANDOM,
            _ -> {});
    logs = store.or(() -> options.journal().map(this::journal)).orElseGet(this::memory);
    var settings =
        new ConversationSettings(
            options.warmup(),
            options.handover(),
            4,
            0,
            Duration.ofMinutes(1),
            ConversationSettings.ConcurrentTurns.REJECT,
            8,
            20_000,
            Duration.ofHours(1),
            1 << 20);
    conversations =
        new Conversations(
            settings,
            Prompts.DEFAULTS,
            gateway,
            logs,
            new MemoryValueStore(64 << 20, TimeSource.SYSTEM, telemetry.metrics()),
            new TokenCounters(),
            telemetry,
            timer,
            IdSource.RANDOM);
  }

  private LogStore memory() {
    return new MemoryLogStore(2L << 30, 8 << 20, TimeSource.SYSTEM, telemetry.metrics());
  }

  private LogStore journal(Path folder) {
    try {
      var settings =
          new JournalSettings(
              Optional.empty(), 64 << 20, 1L << 30, 8 << 20, Duration.ofSeconds(10));
      return JournalLogStore.open(folder, settings, timer, telemetry);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Bytes of the two texts that are said in a turn, without what Java puts around them. */
  long textBytes() {
    return TEXT.length() + 6 + InstantModel.PIECES * 5L;
  }

  /** Deletes a conversation. */
  void delete(String id) {
    try {
      conversations.delete(id, Principal.LOCAL);
    } catch (LlmException failure) {
      throw new BenchFailure("not deleted: " + failure.getMessage());
    }
  }

  /** Begins a conversation. */
  void open(String id) {
    try (CallScope call = call()) {
      conversations.open(
          new Conversations.Opening(Optional.of(id), Optional.of("m"), Optional.empty(), false), call);
    } catch (LlmException failure) {
      throw new BenchFailure("no conversation: " + failure.getMessage());
    }
  }

  /**
   * How a turn went.
   *
   * @param nanos from its beginning to its last event
   * @param toModel from its beginning until the model was asked
   */
  record Timed(long nanos, long toModel, TurnReport report) {}

  /** A turn from beginning to end. */
  Timed turn(String id) {
    try (CallScope call = call()) {
      String name = "t" + turns++;
      long start = System.nanoTime();
      TurnEvent event;
      try (EventStream<TurnEvent> stream =
          conversations.turn(id, Optional.of(name), TEXT + name, call)) {
        do {
          event = stream.next();
        } while (!(event instanceof TurnEvent.Terminal));
      }
      long nanos = System.nanoTime() - start;
      if (!(event instanceof TurnEvent.Finished(TurnReport report))) {
        throw new BenchFailure("a turn did not end well: " + event);
      }
      return new Timed(nanos, model.askedNanos() - start, report);
    } catch (LlmException failure) {
      throw new BenchFailure("a turn was refused: " + failure.getMessage());
    }
  }

  private CallScope call() {
    return CallScope.open(
        new CallId("bench-" + turns),
        Principal.LOCAL,
        Optional.empty(),
        Duration.ofMinutes(1),
        timer,
        _ -> {});
  }

  @Override
  public void close() {
    conversations.close();
    gateway.close();
    logs.close();
    timer.close();
    telemetry.close();
  }
}
