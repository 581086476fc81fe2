package llm.core.gateway;

import java.time.Duration;
import java.util.List;
import llm.core.concurrent.Alarms;
import llm.core.connection.Connections;
import llm.core.gateway.attempt.CallEnd;
import llm.core.gateway.attempt.GatewayMetrics;
import llm.core.gateway.attempt.RequestAccount;
import llm.core.gateway.attempt.Route;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.interaction.LlmEvent;
import llm.domain.interaction.LlmInteraction;
import llm.domain.interaction.Upstream;
import llm.domain.model.ModelName;
import llm.domain.port.EmbeddingProvider;
import llm.domain.port.EventPublisher;
import llm.domain.port.IdSource;
import llm.domain.port.TokenCounter;
import llm.domain.service.TokenEstimator;

/**
 * Asks providers for vectors and keeps the same account of it as of chat. Only the call's deadline
 * limits the wait: there is no first token to wait for. Thread-safe.
 */
final class EmbeddingCalls {
  private static final TokenCounter ESTIMATE = new TokenEstimator();

  private final EmbeddingMemory memory;
  private final Chain chain;
  private final GatewayMetrics metrics;
  private final Alarms alarms;
  private final IdSource ids;
  private final EventPublisher<LlmEvent> events;
  private final Log log;
  private final Connections connections;

  EmbeddingCalls(
      EmbeddingMemory memory,
      Chain chain,
      GatewayMetrics metrics,
      Alarms alarms,
      IdSource ids,
      EventPublisher<LlmEvent> events,
      Log log,
      Connections connections) {
    this.memory = memory;
    this.chain = chain;
    this.metrics = metrics;
    this.alarms = alarms;
    this.ids = ids;
    this.events = events;
    this.log = log;
    this.connections = connections;
  }

  /** The vectors of {@code request}; see {@link Gateway#embed}. */
  EmbeddingResult embed(EmbeddingRequest request, Call call, Edition edition) throws LlmException {
    return chain.askNobodyElse(
        edition.stepsForVectors(request.model()),
        call,
        (route, _) -> embed(request.withModel(new ModelName(route.model())), call, route));
  }

  private EmbeddingResult embed(EmbeddingRequest request, Call call, Route route)
      throws LlmException {
    var account =
        new RequestAccount(call, route, alarms.time(), metrics, log, events)
            .operation("embeddings");
    try {
      EmbeddingProvider provider = provider(route);
      EmbeddingMemory.Part part = memory.take(request, call);
      return account.embedded(ask(provider, request, call, route, account, part));
    } catch (LlmException failure) {
      account.refused(failure.error());
      throw failure;
    } catch (RuntimeException | Error bug) {
      account.refused(new LlmError.Internal());
      throw bug;
    }
  }

  /** Keeps its part of the memory only when there is an answer. */
  private EmbeddingResult ask(
      EmbeddingProvider provider,
      EmbeddingRequest request,
      Call call,
      Route route,
      RequestAccount account,
      EmbeddingMemory.Part part)
      throws LlmException {
    boolean whole = false;
    try {
      Duration left = CallEnd.remaining(call, route, alarms.time());
      var interaction = LlmInteraction.start(request, alarms.time(), ids);
      interaction.markSent(new Upstream(route.provider().id(), request.model(), route.spec()));
      account.sent(interaction, estimate(request));
      connections.used(route.provider().id(), call);
      Call own = call.child(left, account.span());
      EmbeddingResult result = CallEnd.ask(own, route, log, () -> provider.embed(request, own));
      requireWhole(request, result, route);
      part.made(result);
      whole = true;
      return result;
    } finally {
      if (!whole) {
        part.giveBack();
      }
    }
  }

  private static EmbeddingProvider provider(Route route) throws LlmException {
    return route
        .provider()
        .embeddings(new ModelName(route.model()))
        .orElseThrow(() ->
            new LlmException(
                new LlmError.Unsupported(
                    "model",
                    CallEnd.nameOf(route)
                        + " makes no embeddings; name one that does, or leave model out where"
                        + " gateway.default_embedding_model is set.")));
  }

  /** A vector for each input, as long as was asked: what is missing is not told by its absence. */
  private static void requireWhole(EmbeddingRequest request, EmbeddingResult result, Route route)
      throws LlmException {
    int inputs = request.inputs().size();
    int asked = request.dimensions().orElse(result.dimensions());
    if (result.vectors().size() != inputs) {
      throw failed(route, "gave " + result.vectors().size() + " vectors for " + inputs + " inputs");
    }
    if (result.dimensions() != asked) {
      throw failed(
          route,
          "gave vectors of "
              + result.dimensions()
              + " numbers where dimensions "
              + asked
              + " was asked for; leave dimensions out");
    }
  }

  private static LlmException failed(Route route, String what) {
    String provider = route.provider().id();
    return new LlmException(
        new LlmError.ProviderFailed(provider, "Provider '" + provider + "' " + what + "."));
  }

  /** Tokens of its inputs, about. */
  static int estimate(EmbeddingRequest request) {
    long tokens = 0;
    for (EmbeddingInput input : request.inputs()) {
      tokens +=
          switch (input) {
            case EmbeddingInput.Text(String text) -> ESTIMATE.countTokens(text);
            case EmbeddingInput.Tokens(List<Integer> given) -> given.size();
          };
    }
    return (int) Math.min(Integer.MAX_VALUE, tokens);
  }
}
