package llm.core.dialect.completions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Optional;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-3: completions of before chats")
class CompletionsTest {
  private static CompletionCall read(String body) throws LlmException {
    return CompletionRequestReader.read(
        body.getBytes(UTF_8), asked -> new ModelName(asked.orElse("default")));
  }

  @Test
  void thePromptIsWhatTheUserSays() throws Exception {
    CompletionCall call =
        read(
            """
            {"model":"m","prompt":["Once"],"max_tokens":5,"temperature":0,"stop":["."],"logprobs":2,
             "n":1,"best_of":1,"suffix":"","user":"u"}
            """);
    assertThat(call.request().messages()).containsExactly(Message.user("Once"));
    assertThat(call.request().maxTokens()).contains(5);
    assertThat(call.request().sampling().stop()).containsExactly(".");
    assertThat(call.request().sampling().topLogprobs()).contains(2);
    assertThat(call.request().extensions().fields()).containsOnlyKeys("user");
    assertThat(call.echo()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|prompt",
        "{\"prompt\":[]}|prompt",
        "{\"prompt\":[\"a\",\"b\"]}|prompt",
        "{\"prompt\":[1,2]}|prompt",
        "{\"prompt\":\"a\",\"suffix\":\"b\"}|suffix",
        "{\"prompt\":\"a\",\"n\":2}|n",
        "{\"prompt\":\"a\",\"best_of\":2}|best_of",
        "{\"prompt\":\"a\",\"logprobs\":6}|logprobs",
        "{\"prompt\":\"a\",\"logprobs\":1,\"echo\":true}|echo",
        "{\"prompt\":\"a\",\"messages\":[]}|messages",
        "{\"prompt\":\"a\",\"stream_options\":{}}|stream_options",
      })
  void refusesByThePath(String body, String path) {
    assertThatThrownBy(() -> read(body))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused ->
                assertThat(
                        refused.error() instanceof LlmError.InvalidRequest invalid
                            ? invalid.path()
                            : Optional.of(((LlmError.Unsupported) refused.error()).path()))
                    .contains(path));
  }

  @Test
  void aWholeAnswerBeginsWithItsPromptWhereAskedTo() throws Exception {
    var result =
        new ChatResult("m", " upon", "", List.of(), FinishReason.STOP, Usage.of(1, 2), List.of());
    byte[] body =
        new CompletionWriter("cmpl-1", 7, read("{\"prompt\":\"Once\",\"echo\":true}"))
            .whole(result);
    assertThat(new String(body, UTF_8))
        .startsWith(
            "{\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":7,\"model\":\"m\"")
        .contains("\"text\":\"Once upon\"", "\"finish_reason\":\"stop\"", "\"total_tokens\":3");
  }

  @Test
  void aStreamTellsTokensAndWhereTheyStand() throws Exception {
    var call =
        read(
            "{\"prompt\":\"a\",\"logprobs\":1,\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    var writer = new CompletionWriter("cmpl-1", 7, call);
    var frames = new ByteArrayOutputStream();
    var top = List.of(TokenLogprob.Top.of("x".getBytes(UTF_8), -0.5));
    writer.write(new StreamEvent.Started("m"), frames);
    writer.write(new StreamEvent.TextDelta("one", List.of()), frames);
    writer.write(
        new StreamEvent.TextDelta(
            " x",
            List.of(
                TokenLogprob.of(" ".getBytes(UTF_8), -1, top),
                TokenLogprob.of("x".getBytes(UTF_8), -2, top))),
        frames);
    writer.write(new StreamEvent.Done(FinishReason.LENGTH, Usage.of(1, 2)), frames);
    assertThat(frames.toString(UTF_8))
        .contains(
            "\"tokens\":[\" \",\"x\"],\"token_logprobs\":[-1,-2],"
                + "\"top_logprobs\":[{\"x\":-0.5},{\"x\":-0.5}],\"text_offset\":[3,4]",
            "\"finish_reason\":\"length\"",
            "\"choices\":[],\"usage\":{\"prompt_tokens\":1")
        .endsWith("data: [DONE]\n\n");
  }

  @Test
  void aFailureIsAnErrorAndNoEnd() throws Exception {
    var frames = new ByteArrayOutputStream();
    new CompletionWriter("cmpl-1", 7, read("{\"prompt\":\"a\",\"stream\":true}"))
        .write(new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE), frames);
    assertThat(frames.toString(UTF_8)).startsWith("data: {\"error\":{").doesNotContain("[DONE]");
  }
}
