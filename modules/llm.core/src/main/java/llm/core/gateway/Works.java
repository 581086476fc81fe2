package llm.core.gateway;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import llm.core.cache.ResponseCache;
import llm.core.connection.Connections;
import llm.core.connection.Models;
import llm.core.gateway.attempt.Attempts;
import llm.core.gateway.attempt.GatewayMetrics;
import llm.core.gateway.attempt.Preparation;
import llm.core.gateway.failover.Failovers;
import llm.core.gateway.schema.Repairs;
import llm.core.limit.Limits;
import llm.core.resilience.Guards;
import llm.core.telemetry.Log;
import llm.core.usage.UsageLedger;
import llm.domain.call.Call;
import llm.domain.error.LlmException;
import llm.domain.interaction.LlmEvent;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.EventPublisher;
import llm.domain.port.ProviderHealth;

/**
 * What a gateway works with whatever its configuration is: made once, and not lost when that is
 * read again. Thread-safe.
 */
final class Works {
  private final Editions editions;
  private final Connections connections;
  private final Guards guards;
  private final ChatCalls chats;
  private final ResponseCache cache;
  private final Limits limits;
  private final UsageLedger ledger;
  private final LimitedCalls limited;
  private final Pipeline pipeline;
  private final EmbeddingCalls embeddings;
  private final WarmPrefixes warmPrefixes;

  Works(Editions.Source source, Editions editions, EventPublisher<LlmEvent> events, Log log) {
    this.editions = editions;
    var telemetry = source.telemetry();
    var alarms = source.alarms();
    var ids = source.ids();
    Edition first = editions.current();
    var metrics = new GatewayMetrics(telemetry.metrics());
    this.guards =
        new Guards(
            Set.of(ModelRegistry.LOCAL, ModelRegistry.MOCK), telemetry.metrics(), alarms, log);
    var chain = new Chain(guards, alarms, telemetry.metrics(), log);
    this.connections =
        new Connections(first.registry().providers(), new Warmed(), telemetry, alarms);
    var preparation = new Preparation(alarms, ids, events, connections);
    var attempts = new Attempts(preparation, metrics, alarms, events, log);
    var hedge = new Hedge(alarms, telemetry.metrics(), log);
    var changes =
        new ChatCalls.Changes(
            new Failovers(telemetry.metrics(), log), new Repairs(telemetry.metrics(), log));
    this.chats = new ChatCalls(attempts, chain, hedge, changes, log);
    this.cache = new ResponseCache(telemetry, alarms);
    this.limits = new Limits(alarms.time(), ids, telemetry);
    this.ledger = new UsageLedger(alarms, telemetry, this::listedModels);
    this.limited = new LimitedCalls(limits, ledger);
    this.pipeline = new Pipeline(limited, cache, chats, editions);
    var memory = new EmbeddingMemory(first.settings().embeddingMemory(), metrics::embeddingBytes);
    this.embeddings =
        new EmbeddingCalls(memory, chain, metrics, alarms, ids, events, log, connections);
    this.warmPrefixes = new WarmPrefixes(editions, preparation, metrics, alarms, ids, events, log);
  }

  /** What requests go over. */
  Connections connections() {
    return connections;
  }

  /** Which providers are left alone for now, and how many requests each may have. */
  Guards guards() {
    return guards;
  }

  /** Asks targets for answers. */
  ChatCalls chats() {
    return chats;
  }

  /** Answers that are given again. */
  ResponseCache cache() {
    return cache;
  }

  /** How much may be asked. */
  Limits limits() {
    return limits;
  }

  /** What each key took. */
  UsageLedger ledger() {
    return ledger;
  }

  private Set<String> listedModels() {
    return editions.current().models().stream()
        .map(listed -> listed.info().id())
        .collect(Collectors.toSet());
  }

  /** Asks within the limits. */
  LimitedCalls limited() {
    return limited;
  }

  /** The way of a request for an answer. */
  Pipeline pipeline() {
    return pipeline;
  }

  /** Asks for vectors. */
  EmbeddingCalls embeddings() {
    return embeddings;
  }

  /** The beginnings of prompts that are kept. */
  WarmPrefixes warmPrefixes() {
    return warmPrefixes;
  }

  /** What providers say of themselves, with what is known here of how they do. */
  Map<String, ProviderHealth> tellOf(Map<String, ProviderHealth> providers) {
    var told = new LinkedHashMap<String, ProviderHealth>();
    providers.forEach((id, said) -> told.put(id, tellOf(id, said)));
    return told;
  }

  private ProviderHealth tellOf(String id, ProviderHealth said) {
    Optional<String> leftAlone = guards.state(id);
    var status = said.status();
    if (leftAlone.isPresent() && status == ProviderHealth.Status.UP) {
      status = ProviderHealth.Status.DEGRADED;
    }
    var words = new StringJoiner(" ").add(said.detail());
    connections.state(id).ifPresent(words::add);
    leftAlone.ifPresent(words::add);
    return new ProviderHealth(status, words.toString());
  }

  /** Ends all of it. */
  void close() {
    cache.close();
    connections.close();
    warmPrefixes.close();
    ledger.close();
  }

  /** The models as their connections see them. */
  private final class Warmed implements Models {
    @Override
    public ChatProvider providerOf(ModelName model) throws LlmException {
      return editions.current().direct(model).route().provider();
    }

    @Override
    public void generateFromNothing(ModelName model, Call call) throws LlmException {
      Edition edition = editions.enter(editions.current(), call);
      chats.generateFromNothing(model, call, edition.direct(model), edition.settings());
    }
  }
}
