package llm.core.gateway.attempt;

import java.util.Locale;
import java.util.Optional;
import llm.core.limit.Dollars;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.domain.call.Call;
import llm.domain.call.Span;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.interaction.LlmEvent;
import llm.domain.interaction.LlmInteraction;
import llm.domain.model.ModelSpec;
import llm.domain.port.EventPublisher;
import llm.domain.port.TimeSource;
import llm.domain.prompt.WarmPrefix;

/**
 * Keeps the account of one request: times, metrics, the events of its interaction and the one line
 * in the log at its end. Used by one thread at a time.
 */
public final class RequestAccount {
  private static final double NANOS_PER_MS = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final int CHARACTERS_PER_TOKEN = 4;

  private final Call call;
  private final Route route;
  private final TimeSource time;
  private final GatewayMetrics metrics;
  private final Log log;
  private final boolean logsChunks;
  private final EventPublisher<LlmEvent> events;
  private final long startedNanos;

  private Optional<LlmInteraction> interaction = Optional.empty();
  private boolean streaming;
  private boolean hasFirstToken;
  private long firstTokenNanos;
  private int chunks;
  private int promptTokens; // as counted before the provider was asked
  private int deltas;
  private long characters;
  private int vectors; // 0 but for embeddings
  private int dimensions;
  private Optional<WarmPrefix> warm = Optional.empty();
  private ModelSpan span = ModelSpan.NONE;

  public RequestAccount(
      Call call,
      Route route,
      TimeSource time,
      GatewayMetrics metrics,
      Log log,
      EventPublisher<LlmEvent> events) {
    this.call = call;
    this.route = route;
    this.time = time;
    this.metrics = metrics;
    this.log = log;
    this.logsChunks = log.enabled(Level.DEBUG);
    this.events = events;
    this.startedNanos = time.nanoTime();
  }

  /** The question is a chat. */
  RequestAccount chat(ChatRequest request, boolean stream) {
    span = ModelSpan.chat(call, route, request, stream);
    return this;
  }

  /** The question is something else, in the word of OpenTelemetry's conventions or ours. */
  public RequestAccount operation(String name) {
    span = ModelSpan.of(call, route, name);
    return this;
  }

  /** What work for the question is part of; it ends with the account. */
  public Span span() {
    return span.span();
  }

  /** The request went out within this interaction, its prompt of about so many tokens. */
  public void sent(LlmInteraction begun, int tokens) {
    promptTokens = tokens;
    interaction = Optional.of(begun);
    publish();
  }

  /** The provider has accepted: a stream is under way. */
  void accepted() {
    streaming = true;
    metrics.streamBegan();
  }

  /** An event that is not terminal goes to the consumer. */
  void passed(StreamEvent event) {
    chunks++;
    span.passed(event);
    if (chunks == 1) {
      interaction.ifPresent(LlmInteraction::responseReceived);
      publish();
    }
    if (!(event instanceof StreamEvent.Started)) {
      deltas++;
      characters += size(event);
    }
    if (!hasFirstToken && deltas > 0) {
      hasFirstToken = true;
      firstTokenNanos = time.nanoTime();
      metrics.of(route.model()).firstToken(firstTokenNanos - startedNanos);
      route.watch().began(firstTokenNanos - startedNanos);
      span.firstToken(firstTokenNanos - startedNanos);
    }
    if (logsChunks) {
      logChunk(event);
    }
  }

  /**
   * What the answer took as far as it can be seen from here, for an end whose provider does not say
   * it: the prompt as it was counted beforehand, and a token for each delta or for every four
   * characters, whichever are more. Nothing as long as there was no token.
   */
  Usage counted() {
    long completion = Math.max(deltas, characters / CHARACTERS_PER_TOKEN);
    return deltas == 0
        ? Usage.NONE
        : Usage.of(promptTokens, (int) Math.min(Integer.MAX_VALUE, completion));
  }

  /** The request was refused before a stream began, or failed without one. */
  public void refused(LlmError error) {
    failed(error, Usage.NONE);
    publish();
  }

  /** The answer came in one piece; gives it back with its usage, ours where it has none. */
  ChatResult answered(ChatResult said) {
    interaction.ifPresent(LlmInteraction::responseReceived);
    characters = said.text().length() + said.reasoning().length();
    for (ToolCall toolCall : said.toolCalls()) {
      characters += toolCall.arguments().value().length();
    }
    deltas = characters > 0 ? 1 : 0;
    span.answered(said);
    ChatResult answer = said.usage().equals(Usage.NONE) ? said.withUsage(counted()) : said;
    ended(new StreamEvent.Done(answer.finishReason(), answer.usage()));
    return answer;
  }

  /** The vectors came; gives them back with their usage, ours where they have none. */
  public EmbeddingResult embedded(EmbeddingResult made) {
    interaction.ifPresent(LlmInteraction::responseReceived);
    vectors = made.vectors().size();
    dimensions = made.dimensions();
    EmbeddingResult answer =
        made.usage().equals(Usage.NONE) ? made.withUsage(Usage.of(promptTokens, 0)) : made;
    ended(new StreamEvent.Done(FinishReason.STOP, answer.usage()));
    return answer;
  }

  /** The prompt was read and is kept. */
  public void warmed(WarmPrefix made) {
    interaction.ifPresent(LlmInteraction::responseReceived);
    warm = Optional.of(made);
    var usage = new Usage(made.promptTokens(), 0, made.cachedTokens());
    ended(new StreamEvent.Done(FinishReason.STOP, usage));
  }

  /** The stream ended. */
  void ended(StreamEvent.Terminal terminal) {
    if (streaming) {
      metrics.streamEnded();
    }
    switch (terminal) {
      case StreamEvent.Done done -> {
        interaction.ifPresent(begun -> {
          begun.responseProcessed(done.finishReason(), done.usage());
          begun.complete();
        });
        close(
            GatewayMetrics.Status.SUCCESS,
            done.finishReason().wireName(),
            "finish_reason",
            done.usage());
        route.watch().succeeded();
        span.ended(done.finishReason().wireName(), done.usage());
      }
      case StreamEvent.Failed failed -> failed(failed.error(), failed.usage());
      case StreamEvent.Cancelled cancelled ->
          failed(new LlmError.Cancelled(cancelled.reason()), cancelled.usage());
    }
    publish();
  }

  private void failed(LlmError error, Usage usage) {
    interaction.ifPresent(begun -> begun.fail(error, usage));
    boolean cancelled = error instanceof LlmError.Cancelled;
    String said =
        error instanceof LlmError.Cancelled(var reason)
            ? reason.name().toLowerCase(Locale.ROOT)
            : error.code().wireName();
    close(statusOf(error), said, cancelled ? "cancel_reason" : "error", usage);
    span.failed(error, usage);
    call.failureLogged();
    route.watch().failed(error);
  }

  private void close(GatewayMetrics.Status status, String outcome, String field, Usage usage) {
    long now = time.nanoTime();
    GatewayMetrics.OfModel series = metrics.of(route.model());
    series.ended(status, now - startedNanos, usage);
    Optional<ModelSpec.Price> price = route.spec().price();
    long nanoDollars = price.isPresent() ? price.get().nanoDollars(usage) : 0;
    call.spent(route.model(), usage, nanoDollars);
    var line =
        log.info("llm_request")
            .call(call)
            .within(span.span())
            .put("principal", call.principal().name())
            .put("model", route.model())
            .put("provider", route.provider().id())
            .put("status", status.label())
            .put(field, outcome)
            .put("duration_ms", (now - startedNanos) / NANOS_PER_MS)
            .put("prompt_tokens", usage.promptTokens())
            .put("completion_tokens", usage.completionTokens());
    route.alias().ifPresent(name -> line.put("route", name));
    if (price.isPresent()) {
      line.put("cost", Dollars.text(nanoDollars));
    }
    interaction.ifPresent(begun -> line.put("llm_request_id", begun.id().toString()));
    if (vectors > 0) {
      line.put("vectors", vectors).put("dimensions", dimensions);
    }
    warm.ifPresent(made ->
        line.put("warm_prefix", made.id().value()).put("cached_tokens", made.cachedTokens()));
    if (hasFirstToken) {
      line.put("ttft_ms", (firstTokenNanos - startedNanos) / NANOS_PER_MS);
      double seconds = (now - firstTokenNanos) / NANOS_PER_SECOND;
      if (usage.completionTokens() > 1 && seconds > 0) {
        double speed = (usage.completionTokens() - 1) / seconds; // the first came at its begin
        series.speed(speed);
        line.put("tokens_per_second", speed);
      }
    }
    line.emit();
  }

  private void logChunk(StreamEvent event) {
    log.debug("chunk").call(call).put("seq", chunks).put("size", size(event)).emit();
  }

  private static int size(StreamEvent event) {
    return switch (event) {
      case StreamEvent.TextDelta delta -> delta.text().length();
      case StreamEvent.ReasoningDelta delta -> delta.text().length();
      case StreamEvent.ToolArgumentsDelta delta -> delta.json().length();
      case StreamEvent.Started _,
          StreamEvent.ReasoningSigned _,
          StreamEvent.ReasoningHidden _,
          StreamEvent.Note _,
          StreamEvent.ToolCallStarted _,
          StreamEvent.Terminal _ ->
          0;
    };
  }

  private void publish() {
    interaction.ifPresent(begun -> begun.takeEvents().forEach(events::publish));
  }

  private static GatewayMetrics.Status statusOf(LlmError error) {
    return error instanceof LlmError.Cancelled
        ? GatewayMetrics.Status.CANCELLED
        : GatewayMetrics.Status.ERROR;
  }
}
