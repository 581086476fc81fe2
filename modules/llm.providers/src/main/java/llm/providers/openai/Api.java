package llm.providers.openai;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.content.Thought;

/** By which of OpenAI's interfaces a model is asked. */
enum Api {
  /** Chat Completions. */
  CHAT,
  /** Responses. */
  RESPONSES,
  /**
   * Responses for models that are served by it alone, and for requests that came in it or bring
   * reasoning that only it takes back; else Chat Completions.
   */
  AUTO;

  /** Models that Chat Completions does not serve (https://platform.openai.com/docs/models). */
  private static final Pattern RESPONSES_ONLY =
      Pattern.compile(
          "(?:o[1-9]|gpt-5(?:\\.[0-9]+)?)-pro(?:-.*)?"
              + "|(?:gpt-5(?:\\.[0-9]+)?-|)codex(?:-.*)?"
              + "|.*-deep-research(?:-.*)?"
              + "|computer-use-preview(?:-.*)?");

  private static final Pattern REASONS =
      Pattern.compile("o[1-9](?:-.*)?|gpt-5(?!.*-chat).*|codex-.*|gpt-oss.*");

  /** Whether requests for {@code model}, by its id at the upstream, go by Responses. */
  boolean isResponses(ChatRequest request, String model) {
    return switch (this) {
      case CHAT -> false;
      case RESPONSES -> true;
      case AUTO ->
          RESPONSES_ONLY.matcher(base(model)).matches()
              || came(request, Dialect.OPENAI_RESPONSES)
              || hasProofs(request) && !came(request, Dialect.OPENAI_CHAT);
    };
  }

  /** The dialects in which {@code model}, by its id at the upstream, can be asked. */
  Set<Dialect> dialects(String model) {
    boolean only = this == RESPONSES || RESPONSES_ONLY.matcher(base(model)).matches();
    return switch (this) {
      case CHAT -> Set.of(Dialect.OPENAI_CHAT);
      case RESPONSES, AUTO ->
          only
              ? Set.of(Dialect.OPENAI_RESPONSES)
              : Set.of(Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES);
    };
  }

  /** Whether {@code model} reasons; its instructions are the developer's then. */
  static boolean reasons(String model) {
    return REASONS.matcher(base(model)).matches();
  }

  private static String base(String model) {
    return model.substring(model.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
  }

  private static boolean hasProofs(ChatRequest request) {
    return request.messages().stream()
        .map(Message::thoughts)
        .flatMap(List::stream)
        .anyMatch(Api::isProven);
  }

  private static boolean isProven(Thought thought) {
    return thought.isProvenIn(Dialect.OPENAI_RESPONSES);
  }

  private static boolean came(ChatRequest request, Dialect dialect) {
    boolean said =
        Stream.of(
                Stream.of(request.extensions()),
                request.tools().stream().map(ToolDefinition::extensions),
                request.messages().stream().flatMap(Api::extensions))
            .flatMap(each -> each)
            .anyMatch(more -> !more.in(dialect).isEmpty());
    return said
        || request.messages().stream()
            .flatMap(message -> message.parts().stream())
            .anyMatch(part ->
                part instanceof Part.Foreign foreign && foreign.dialect().isReadAs(dialect));
  }

  private static Stream<Extensions> extensions(Message message) {
    return Stream.of(
            Stream.of(message.extensions()),
            message.parts().stream().map(Part::extensions),
            message.toolCalls().stream().map(ToolCall::extensions))
        .flatMap(each -> each);
  }
}
