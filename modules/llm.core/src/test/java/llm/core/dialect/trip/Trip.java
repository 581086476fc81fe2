package llm.core.dialect.trip;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.anthropic.MessagesReader;
import llm.core.dialect.anthropic.upstream.MessagesRequestWriter;
import llm.core.dialect.openai.ModelResolver;
import llm.core.dialect.openai.OpenAiRequestReader;
import llm.core.dialect.openai.upstream.ChatRequestWriter;
import llm.core.dialect.responses.ResponsesRequestReader;
import llm.core.dialect.responses.upstream.ResponseRequestWriter;
import llm.core.dialect.responses.upstream.ResponseTraits;
import llm.domain.chat.ChatRequest;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import tools.jackson.databind.JsonNode;

/** Reads requests in one dialect and writes them in another. */
final class Trip {
  private Trip() {}

  /** A body of {@code from}, for a model whose provider speaks {@code to}. */
  static ChatRequest read(JsonNode body, Dialect from, Optional<Dialect> to) throws LlmException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    ModelResolver models = resolver(to);
    return switch (from) {
      case ANTHROPIC -> MessagesReader.read(bytes, models).request();
      case OPENAI_CHAT, LLM -> OpenAiRequestReader.read(bytes, models).request();
      case OPENAI_RESPONSES ->
          ResponsesRequestReader.read(bytes, models).request(List.of(), _ -> Optional.empty());
    };
  }

  /** The body that goes to a provider that speaks {@code to}. */
  static JsonNode write(ChatRequest request, Dialect to) throws LlmException {
    byte[] written =
        switch (to) {
          case ANTHROPIC ->
              MessagesRequestWriter.write(
                  request, "m", false, llm.core.dialect.anthropic.upstream.RequestTraits.COMMON);
          case OPENAI_CHAT, LLM ->
              ChatRequestWriter.write(
                  request, "m", false, llm.core.dialect.openai.upstream.RequestTraits.COMMON);
          case OPENAI_RESPONSES ->
              ResponseRequestWriter.write(request, "m", false, ResponseTraits.COMMON);
        };
    return Defined.JSON.readTree(written);
  }

  private static ModelResolver resolver(Optional<Dialect> to) {
    return new ModelResolver() {
      @Override
      public ModelName resolve(Optional<String> asked) {
        return new ModelName("m");
      }

      @Override
      public Optional<Dialect> dialect(ModelName model) {
        return to;
      }
    };
  }
}
