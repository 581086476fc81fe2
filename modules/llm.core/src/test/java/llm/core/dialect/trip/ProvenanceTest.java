package llm.core.dialect.trip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import llm.core.dialect.anthropic.AnthropicResponses;
import llm.core.dialect.openai.OpenAiResponses;
import llm.core.dialect.responses.Answer;
import llm.core.dialect.responses.Asked;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@DisplayName("P-2 proofs of reasoning go back to the dialect that they came in, and to no other")
class ProvenanceTest {
  private static final String SECRET = "[{\"type\":\"reasoning.encrypted\",\"data\":\"c2VjcmV0\"}]";

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LLM")
  void noOtherDialectIsSentThem(Dialect from) throws LlmException {
    var thought = Thought.hidden(new Proof(from, SECRET));
    var request =
        ChatRequest.of(
            new ModelName("m"),
            List.of(
                Message.user("a"),
                Message.assistant("b").withThoughts(List.of(thought)),
                Message.user("c")));
    for (Dialect to : List.of(Dialect.ANTHROPIC, Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES)) {
      boolean sent = Trip.write(request, to).toString().contains("c2VjcmV0");
      assertThat(sent).as(from + " to " + to).isEqualTo(from == to);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LLM")
  void theyComeHomeThroughACallerOfAnyDialect(Dialect from) throws LlmException {
    var answer =
        new ChatResult(
            "m",
            "so",
            List.of(Thought.hidden(new Proof(from, SECRET))),
            List.of(),
            FinishReason.STOP,
            Optional.empty(),
            Usage.NONE,
            List.of());
    JsonNode chat =
        Defined.JSON
            .readTree(OpenAiResponses.completion(answer, SamplingOptions.DEFAULTS, "i", 1))
            .at("/choices/0/message");
    JsonNode anthropic = Defined.JSON.readTree(AnthropicResponses.message(answer, "i"));
    ObjectNode turn = Defined.JSON.createObjectNode().put("role", "assistant");
    turn.set("content", anthropic.get("content"));
    var responses =
        new Answer(
            new Answer.Identity("resp_1", 1, false), "m", new Asked(JsonText.EMPTY_OBJECT), false);
    responses.addWhole(answer);
    ObjectNode body = Defined.JSON.createObjectNode().put("model", "m");
    body.set("input", Defined.JSON.readTree(responses.json(false)).get("output"));
    assertThat(
            Trip.read(body, Dialect.OPENAI_RESPONSES, Optional.of(from))
                .messages()
                .getFirst()
                .thoughts())
        .isEqualTo(answer.thoughts());
    assertThat(thoughts(chat, Dialect.OPENAI_CHAT)).isEqualTo(answer.thoughts());
    assertThat(thoughts(turn, Dialect.ANTHROPIC)).isEqualTo(answer.thoughts());
  }

  private static List<Thought> thoughts(JsonNode said, Dialect dialect) throws LlmException {
    ObjectNode body = Defined.JSON.createObjectNode().put("model", "m").put("max_tokens", 9);
    body.putArray("messages").add(said).addObject().put("role", "user").put("content", "go on");
    return Trip.read(body, dialect, Optional.of(dialect)).messages().getFirst().thoughts();
  }
}
