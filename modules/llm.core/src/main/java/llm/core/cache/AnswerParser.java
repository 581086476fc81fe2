package llm.core.cache;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.cache.AnswerText.Kind;
import llm.domain.call.Answerer;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;

/** Reads what {@link AnswerText} writes, and nothing else. */
final class AnswerParser {
  private static final int MOST_DIGITS = 9;

  private final String text;
  private int at;

  private AnswerParser(String text) {
    this.text = text;
  }

  /** The answer; empty when it is not one of this version, whole and unharmed. */
  static Optional<KeptAnswer> read(String text) {
    try {
      return Optional.of(new AnswerParser(text).answer());
    } catch (IllegalArgumentException | IndexOutOfBoundsException _) {
      return Optional.empty(); // written by another release, or harmed: it is asked for again
    }
  }

  private KeptAnswer answer() {
    require(field().equals(AnswerText.VERSION));
    var made = Instant.ofEpochMilli(Long.parseLong(field()));
    var by = new Answerer(field(), field());
    var events = new ArrayList<StreamEvent>();
    String kind = field();
    while (!kind.equals(Kind.DONE)) {
      events.add(event(kind));
      kind = field();
    }
    StreamEvent.Done end = end();
    require(at == text.length());
    require(AnswerKeeper.isNormal(end));
    return new KeptAnswer(made, by, events, end);
  }

  private StreamEvent event(String kind) {
    return switch (kind) {
      case Kind.STARTED -> new StreamEvent.Started(field());
      case Kind.TEXT -> new StreamEvent.TextDelta(field(), logprobs());
      case Kind.REASONING -> new StreamEvent.ReasoningDelta(field());
      case Kind.SIGNED -> new StreamEvent.ReasoningSigned(field(), dialect());
      case Kind.HIDDEN -> new StreamEvent.ReasoningHidden(field(), dialect());
      case Kind.REFUSAL -> new StreamEvent.RefusalStarted();
      case Kind.ASIDE -> new StreamEvent.Aside(dialect(), field(), new JsonText(field()));
      case Kind.CALL -> new StreamEvent.ToolCallStarted(count(), field(), field());
      case Kind.ARGUMENTS -> new StreamEvent.ToolArgumentsDelta(count(), field());
      default -> throw new IllegalArgumentException("no kind of event");
    };
  }

  private List<TokenLogprob> logprobs() {
    int count = count();
    var tokens = new ArrayList<TokenLogprob>();
    for (int i = 0; i < count; i++) {
      String token = field();
      double logprob = Double.parseDouble(field());
      List<Byte> bytes = bytes();
      int tops = count();
      var top = new ArrayList<TokenLogprob.Top>();
      for (int k = 0; k < tops; k++) {
        top.add(new TokenLogprob.Top(field(), Double.parseDouble(field()), bytes()));
      }
      tokens.add(new TokenLogprob(token, logprob, bytes, top));
    }
    return tokens;
  }

  private StreamEvent.Done end() {
    FinishReason reason = FinishReason.valueOf(field());
    var usage = new Usage(count(), count(), count(), count(), count());
    boolean hasStop = count() == 1;
    Optional<String> stop = hasStop ? Optional.of(field()) : Optional.empty();
    Dialect dialect = dialect();
    int count = count();
    Map<String, JsonText> fields = new HashMap<>();
    for (int i = 0; i < count; i++) {
      fields.put(field(), new JsonText(field()));
    }
    return new StreamEvent.Done(reason, usage, stop, Extensions.of(dialect, fields));
  }

  private Dialect dialect() {
    return Dialect.valueOf(field());
  }

  private List<Byte> bytes() {
    byte[] all = HexFormat.of().parseHex(field());
    var bytes = new ArrayList<Byte>(all.length);
    for (byte each : all) {
      bytes.add(each);
    }
    return bytes;
  }

  private int count() {
    int count = Integer.parseInt(field());
    require(count >= 0);
    return count;
  }

  private String field() {
    int length = 0;
    int from = at;
    char c = text.charAt(at++);
    while (c != ':') {
      require(c >= '0' && c <= '9' && at - from <= MOST_DIGITS);
      length = length * 10 + (c - '0');
      c = text.charAt(at++);
    }
    require(at - from > 1);
    String field = text.substring(at, at + length);
    at += length;
    return field;
  }

  private static void require(boolean holds) {
    if (!holds) {
      throw new IllegalArgumentException("not as it is written");
    }
  }
}
