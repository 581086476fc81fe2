package llm.core.gateway.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.cache.KeyDigest;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Role;
import llm.domain.chat.SamplingOptions;
import llm.domain.model.Temperature;

/**
 * What a target adds to the requests that go to it. What a caller says itself stands.
 *
 * @param systemPrefix stands before the system message, or is one where there is none
 * @param temperature where the caller names none
 * @param topP where the caller names none
 * @param maxTokens where the caller names none
 * @param continueByInstruction whether the target may be told in words to go on with an answer;
 *     empty: as the configuration says at large
 */
public record Overrides(
    Optional<String> systemPrefix,
    Optional<Double> temperature,
    Optional<Double> topP,
    Optional<Integer> maxTokens,
    Optional<Boolean> continueByInstruction) {

  /** Nothing is added. */
  public static final Overrides NONE =
      new Overrides(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  private static final String GAP = "\n\n";
  private static final int MOST_TOKENS = 100_000_000;
  private static final double HOTTEST = 2;

  private static final Setting<String> SYSTEM_PREFIX =
      Setting.optionalText(
          "system_prefix", "Text before the system message of what goes to this target.");
  private static final Setting<Double> TEMPERATURE =
      optional("temperature", 0, HOTTEST, "Temperature where a request names none.");
  private static final Setting<Double> TOP_P =
      optional("top_p", 0.001, 1, "Nucleus where a request names none.");
  private static final Setting<Integer> MAX_TOKENS =
      Setting.optionalInteger(
          "max_tokens", 1, MOST_TOKENS, "Tokens an answer may take where a request does not say.");

  private static final Setting<Boolean> CONTINUE_BY_INSTRUCTION =
      optionalFlag(
          "continue_by_instruction",
          "Whether this target may be told in words to go on with an answer that another one"
              + " began; without it resilience.continue_by_instruction says so.");

  /** Reads them beside the rest of a target. */
  static Overrides read(Section target) {
    return new Overrides(
        target.find(SYSTEM_PREFIX),
        target.find(TEMPERATURE),
        target.find(TOP_P),
        target.find(MAX_TOKENS),
        target.find(CONTINUE_BY_INSTRUCTION));
  }

  /** These, and what {@code inner} adds where these say nothing; both prefixes, these first. */
  public Overrides around(Overrides inner) {
    Optional<String> prefix =
        systemPrefix.isPresent() && inner.systemPrefix.isPresent()
            ? Optional.of(systemPrefix.get() + GAP + inner.systemPrefix.get())
            : systemPrefix.or(inner::systemPrefix);
    return new Overrides(
        prefix,
        temperature.or(inner::temperature),
        topP.or(inner::topP),
        maxTokens.or(inner::maxTokens),
        continueByInstruction.or(inner::continueByInstruction));
  }

  /** The same with this text, and no other, before the system message. */
  public Overrides withSystemPrefix(String prefix) {
    return new Overrides(Optional.of(prefix), temperature, topP, maxTokens, continueByInstruction);
  }

  /** Adds what of them has a part in an answer: all. */
  public void addTo(KeyDigest key) {
    key.optional(systemPrefix, KeyDigest::text)
        .optional(temperature, KeyDigest::number)
        .optional(topP, KeyDigest::number)
        .optional(maxTokens, (in, most) -> in.number(most));
  }

  /** The request as it goes to the target. */
  public ChatRequest apply(ChatRequest request) {
    if (equals(NONE)) {
      return request;
    }
    ChatRequest changed = request.withSampling(sampling(request.sampling()));
    if (systemPrefix.isPresent()) {
      changed = changed.withMessages(this::prefixed);
    }
    return maxTokens.isPresent() && request.maxTokens().isEmpty()
        ? changed.withMaxTokens(maxTokens.get())
        : changed;
  }

  private SamplingOptions sampling(SamplingOptions asked) {
    var builder = asked.toBuilder();
    if (asked.temperature().isEmpty()) {
      temperature.ifPresent(value -> builder.temperature(new Temperature(value)));
    }
    if (asked.topP().isEmpty()) {
      topP.ifPresent(builder::topP);
    }
    return builder.build();
  }

  private List<Message> prefixed(List<Message> messages) {
    String prefix = systemPrefix.orElseThrow();
    var changed = new ArrayList<>(messages);
    Message first = messages.getFirst();
    if (first.role() == Role.SYSTEM && first(first) instanceof Part.Text text) {
      var parts = new ArrayList<>(first.parts()); // some models take one system message only
      parts.removeIf(part -> part == text);
      parts.addFirst(new Part.Text(prefix + GAP + text.text(), text.extensions()));
      changed.set(
          0,
          new Message(
              first.role(),
              parts,
              first.toolCalls(),
              first.toolCallId(),
              first.failed(),
              first.name(),
              first.thoughts(),
              first.extensions()));
    } else {
      changed.addFirst(Message.system(prefix));
    }
    return changed;
  }

  private static Part first(Message message) {
    return message.parts().isEmpty() ? new Part.Text("") : message.parts().getFirst();
  }

  private static Setting<Boolean> optionalFlag(String key, String doc) {
    Setting<Boolean> flag = Setting.flag(key, false, doc);
    return new Setting<>(key, flag.type(), flag.parse(), Optional.empty(), "", List.of(), doc);
  }

  private static Setting<Double> optional(String key, double min, double max, String doc) {
    Setting<Double> ranged = Setting.number(key, min, min, max, doc);
    return new Setting<>(key, ranged.type(), ranged.parse(), Optional.empty(), "", List.of(), doc);
  }
}
