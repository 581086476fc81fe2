package llm.core.cache;

import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import llm.domain.chat.Extensions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;

/**
 * Answers as text, version 1: fields, each behind its length in characters and a colon. The first
 * is the version; an event is its {@link Kind} and what it has; the last is the end. Kinds and
 * their fields never change their meaning: another form is another version.
 */
final class AnswerText {
  static final String VERSION = "llm-answer/1";

  /** What a field that begins an event says it is. */
  static final class Kind {
    static final String STARTED = "s";
    static final String TEXT = "t";
    static final String REASONING = "r";
    static final String SIGNED = "g";
    static final String HIDDEN = "h";
    static final String REFUSAL = "f";
    static final String ASIDE = "a";
    static final String CALL = "c";
    static final String ARGUMENTS = "j";
    static final String DONE = "d";

    private Kind() {}
  }

  private static final int USUAL_CHARS = 2_048;

  private final StringBuilder out = new StringBuilder(USUAL_CHARS);

  private AnswerText() {}

  /** The answer as {@link AnswerParser} reads it. */
  static String of(KeptAnswer answer) {
    var text = new AnswerText();
    text.put(VERSION)
        .put(answer.made().toEpochMilli())
        .put(answer.by().provider())
        .put(answer.by().model());
    answer.events().forEach(text::event);
    text.end(answer.end());
    return text.out.toString();
  }

  private AnswerText put(String field) {
    out.append(field.length()).append(':').append(field);
    return this;
  }

  private AnswerText put(long number) {
    return put(Long.toString(number));
  }

  private void event(StreamEvent event) {
    switch (event) {
      case StreamEvent.Started started -> put(Kind.STARTED).put(started.model());
      case StreamEvent.TextDelta delta -> {
        put(Kind.TEXT).put(delta.text()).put(delta.logprobs().size());
        delta.logprobs().forEach(this::logprob);
      }
      case StreamEvent.ReasoningDelta delta -> put(Kind.REASONING).put(delta.text());
      case StreamEvent.ReasoningSigned signed ->
          put(Kind.SIGNED).put(signed.signature()).put(signed.dialect().name());
      case StreamEvent.ReasoningHidden hidden ->
          put(Kind.HIDDEN).put(hidden.data()).put(hidden.dialect().name());
      case StreamEvent.RefusalStarted _ -> put(Kind.REFUSAL);
      case StreamEvent.Aside aside ->
          put(Kind.ASIDE).put(aside.dialect().name()).put(aside.kind()).put(aside.json().value());
      case StreamEvent.ToolCallStarted call ->
          put(Kind.CALL).put(call.index()).put(call.id()).put(call.name());
      case StreamEvent.ToolArgumentsDelta delta ->
          put(Kind.ARGUMENTS).put(delta.index()).put(delta.json());
      case StreamEvent.Terminal _ ->
          throw new IllegalArgumentException("an answer ends after its events");
    }
  }

  private void logprob(TokenLogprob token) {
    put(token.token()).put(Double.toString(token.logprob())).put(hex(token.bytes()));
    put(token.top().size());
    for (TokenLogprob.Top top : token.top()) {
      put(top.token()).put(Double.toString(top.logprob())).put(hex(top.bytes()));
    }
  }

  private void end(StreamEvent.Done done) {
    Usage usage = done.usage();
    put(Kind.DONE)
        .put(done.finishReason().name())
        .put(usage.promptTokens())
        .put(usage.completionTokens())
        .put(usage.cachedTokens())
        .put(usage.reasoningTokens())
        .put(usage.cacheWriteTokens())
        .put(done.stopSequence().isPresent() ? 1 : 0);
    done.stopSequence().ifPresent(this::put);
    extensions(done.extensions());
  }

  private void extensions(Extensions extensions) {
    put(extensions.dialect().name()).put(extensions.fields().size());
    new TreeMap<>(extensions.fields()).forEach((name, json) -> put(name).put(json.value()));
  }

  private static String hex(List<Byte> bytes) {
    var all = new byte[bytes.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = bytes.get(i);
    }
    return HexFormat.of().formatHex(all);
  }
}
