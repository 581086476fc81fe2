package llm.core.gateway.attempt;

import java.util.Locale;
import llm.domain.call.Call;
import llm.domain.call.Span;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;

/**
 * The span of one question to one model, by OpenTelemetry's conventions for generative AI
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/). It ends with the account of
 * the question. Used by one thread at a time, as that is.
 */
final class ModelSpan {
  /** Of a question that is not in a recorded trace. */
  static final ModelSpan NONE = new ModelSpan(Span.NONE);

  private static final double NANOS_PER_SECOND = 1e9;

  private final Span span;
  private final SaidContent content; // null where it is not kept

  private ModelSpan(Span span, SaidContent content) {
    this.span = span;
    this.content = content;
  }

  private ModelSpan(Span span) {
    this(span, null);
  }

  /** A chat, as it was asked. */
  static ModelSpan chat(Call call, Route route, ChatRequest request, boolean stream) {
    if (!call.span().isRecording()) {
      return new ModelSpan(call.span());
    }
    Span span = begin(call, route, "chat");
    span.put("gen_ai.request.stream", stream);
    request.maxTokens().ifPresent(most -> span.put("gen_ai.request.max_tokens", most));
    var sampling = request.sampling();
    sampling.temperature().ifPresent(it -> span.put("gen_ai.request.temperature", it.value()));
    sampling.topP().ifPresent(it -> span.put("gen_ai.request.top_p", it));
    if (!span.capturesContent()) {
      return new ModelSpan(span);
    }
    span.put("gen_ai.input.messages", SaidContent.asked(request.messages()));
    return new ModelSpan(span, new SaidContent());
  }

  /** Anything else, in the convention's word for it or ours. */
  static ModelSpan of(Call call, Route route, String operation) {
    Span above = call.span();
    return new ModelSpan(above.isRecording() ? begin(call, route, operation) : above);
  }

  private static Span begin(Call call, Route route, String operation) {
    Span.Kind kind = route.provider().answersHere() ? Span.Kind.INTERNAL : Span.Kind.CLIENT;
    Span span = call.span().begin(operation + " " + route.model(), kind);
    span.put("gen_ai.operation.name", operation)
        .put("gen_ai.provider.name", route.provider().id())
        .put("gen_ai.request.model", route.model());
    route.alias().ifPresent(name -> span.put("llm.route", name));
    return span;
  }

  /** What work for the question is part of. */
  Span span() {
    return span;
  }

  /** An event that is not terminal. */
  void passed(StreamEvent event) {
    if (event instanceof StreamEvent.Started(String model) && span.isRecording()) {
      span.put("gen_ai.response.model", model);
    }
    if (content != null) {
      content.add(event);
    }
  }

  void firstToken(long nanos) {
    if (span.isRecording()) {
      span.put("gen_ai.response.time_to_first_chunk", nanos / NANOS_PER_SECOND);
    }
  }

  /** The answer came in one piece. */
  void answered(ChatResult answer) {
    if (span.isRecording()) {
      span.put("gen_ai.response.model", answer.model());
    }
    if (content != null) {
      content.add(answer);
    }
  }

  /** The end with an answer. */
  void ended(String finishReason, Usage usage) {
    if (span.isRecording()) {
      span.putList("gen_ai.response.finish_reasons", finishReason);
      counted(usage);
      said(finishReason);
      span.end();
    }
  }

  /** The end without one, or with a part of it. That a caller has left is nobody's failure. */
  void failed(LlmError error, Usage usage) {
    if (!span.isRecording()) {
      return;
    }
    if (error instanceof LlmError.Cancelled(var reason)) {
      span.put("llm.cancel_reason", reason.name().toLowerCase(Locale.ROOT));
    } else {
      span.failed(error.code().wireName(), error.message());
    }
    counted(usage);
    said("");
    span.end();
  }

  private void counted(Usage usage) {
    if (usage.equals(Usage.NONE)) {
      return;
    }
    span.put("gen_ai.usage.input_tokens", usage.promptTokens())
        .put("gen_ai.usage.output_tokens", usage.completionTokens());
    putIfAny("gen_ai.usage.cache_read.input_tokens", usage.cachedTokens());
    putIfAny("gen_ai.usage.cache_creation.input_tokens", usage.cacheWriteTokens());
    putIfAny("gen_ai.usage.reasoning.output_tokens", usage.reasoningTokens());
  }

  private void putIfAny(String key, int tokens) {
    if (tokens > 0) {
      span.put(key, tokens);
    }
  }

  private void said(String finishReason) {
    if (content != null) {
      span.put("gen_ai.output.messages", content.answered(finishReason));
    }
  }
}
