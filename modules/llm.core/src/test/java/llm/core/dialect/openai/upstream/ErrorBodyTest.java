package llm.core.dialect.openai.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.upstream.ErrorBody;
import llm.core.dialect.upstream.ModelList;
import llm.core.dialect.upstream.UpstreamError;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("what an upstream answers beside chunks is understood")
class ErrorBodyTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'error':{'message':'m','type':'t','param':null,'code':'c'}} | m | c",
        "{'error':{'message':'m','type':'t','code':null}} | m | t",
        "{'error':{'code':503,'message':'Loading model','type':'unavailable_error'}}"
            + " | Loading model | unavailable_error",
        "{'error':'model not found'} | model not found | ''",
        "{'object':'error','message':'m','type':'BadRequestError','code':400} | m | BadRequestError",
        "{'detail':'Not Found'} | Not Found | ''",
        "{'detail':[{'msg':'field required'}]} | [{'msg':'field required'}] | ''",
        "{'error':{},'message':'m'} | m | ''",
        "'words' | words | ''",
        "plain \t words  in lines | plain words in lines | ''",
        "<html><head><title>x</title></head><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"
            + " | 502 Bad Gateway nginx | ''",
        "{} | {} | ''",
        "[] | [] | ''",
        "'' | '' | ''"
      })
  void everyFormHasItsSentence(String body, String message, String code) {
    UpstreamError error = ErrorBody.read(Chunks.bytes(body.replace('\'', '"')));
    assertThat(error.message()).isEqualTo(message.replace('\'', '"'));
    assertThat(error.code().orElse("")).isEqualTo(code);
  }

  @Test
  void whatIsSaidIsBoundedAndOnOneLine() {
    UpstreamError error =
        ErrorBody.read(Chunks.bytes("{\"error\":\"a\\nb" + "x".repeat(5_000) + "\"}"));
    assertThat(error.message()).startsWith("a b").hasSizeLessThan(1_010).endsWith("…");
    assertThat(ErrorBody.read(new byte[] {(byte) 0xff, 0, 1}).message()).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // OpenAI
        "400 | {'error':{'message':'This model`s maximum context length is 4097 tokens. However, your"
            + " messages resulted in 5000 tokens.','code':'context_length_exceeded'}} | 5000 | 4097",
        "400 | {'error':{'message':'too much','code':'context_length_exceeded'}} | 0 | 0",
        // llama-server, now and before
        "400 | {'error':{'code':400,'message':'request (1407 tokens) exceeds the available context"
            + " size (256 tokens), try increasing it','type':'exceed_context_size_error'}}"
            + " | 1407 | 256",
        "500 | {'error':{'code':500,'message':'the request exceeds the available context size. try"
            + " increasing the context size or enable context shift','type':"
            + "'exceed_context_size_error','n_prompt_tokens':1407,'n_ctx':256}} | 1407 | 256",
        "500 | {'error':{'message':'the request exceeds the available context size'}} | 0 | 0",
        // vLLM, before and now
        "400 | {'object':'error','message':'This model`s maximum context length is 6048 tokens."
            + " However, you requested 6616 tokens (5568 in the messages, 1048 in the completion).',"
            + "'type':'BadRequestError','code':400} | 5568 | 6048",
        "400 | {'error':{'message':'This model`s maximum context length is 2048 tokens. However, your"
            + " request has 3000 input tokens.','type':'BadRequestError'}} | 3000 | 2048",
        // Ollama, llama-cpp-python, Anthropic
        "400 | {'error':'the input length exceeds the context length'} | 0 | 0",
        "400 | {'error':'Requested tokens (2285) exceed context window of 2048'} | 2285 | 2048",
        "400 | {'error':{'message':'prompt is too long: 213462 tokens > 200000 maximum'}}"
            + " | 213462 | 200000"
      })
  void aPromptThatIsTooLongIsSaidAsWeSayIt(int status, String body, int prompt, int window) {
    byte[] bytes = Chunks.bytes(body.replace('\'', '"').replace('`', '\''));
    UpstreamFailures said = Chunks.FAILURES.ofPrompt("m");
    LlmError expected = new LlmError.ContextLengthExceeded("m", prompt, window);

    assertThat(said.refused(status, bytes, Optional.empty())).isEqualTo(expected);
    assertThat(said.inStream(ErrorBody.read(bytes))).isEqualTo(expected);
    assertThat(Chunks.FAILURES.refused(status, bytes, Optional.empty()))
        .as("where no prompt was sent")
        .isInstanceOf(LlmError.ProviderRefused.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "429 | {'error':{'message':'maximum context length is 10 tokens'}}",
        "401 | {'error':{'message':'x','code':'context_length_exceeded'}}",
        "400 | {'error':{'message':'max_tokens is too large: 9000. This model`s maximum context length"
            + " is 4096 tokens and your request has 10 input tokens'}}",
        "400 | {'error':{'message':'the context is wrong'}}"
      })
  void otherRefusalsStayWhatTheyAre(int status, String body) {
    byte[] bytes = Chunks.bytes(body.replace('\'', '"').replace('`', '\''));
    assertThat(Chunks.FAILURES.ofPrompt("m").refused(status, bytes, Optional.empty()))
        .isInstanceOf(LlmError.ProviderRefused.class);
  }

  @Test
  void ourCredentialsAreNobodysBusiness() {
    LlmError error =
        Chunks.FAILURES.refused(
            401,
            Chunks.bytes("{\"error\":{\"message\":\"Incorrect API key: sk-secret\"}}"),
            Optional.empty());
    assertThat(error.message()).contains("api_key").doesNotContain("sk-secret");
  }

  @Test
  void aRefusalKeepsStatusWordsAndWait() {
    LlmError error =
        Chunks.FAILURES.refused(
            429,
            Chunks.bytes("{\"error\":{\"message\":\"m\",\"code\":\"c\"}}"),
            Optional.of(Duration.ofSeconds(3)));
    assertThat(error)
        .isEqualTo(
            new LlmError.ProviderRefused(
                "up",
                429,
                Optional.of("c"),
                "Provider 'up' answered with status 429: m",
                Optional.of(Duration.ofSeconds(3))));
  }

  @Test
  void modelsAreListedWhoeverListsThem() throws LlmException {
    assertThat(
            models(
                "{\"object\":\"list\",\"data\":[{\"id\":\"a\",\"object\":\"model\"},"
                    + "{\"id\":\"b/c\",\"meta\":{\"id\":\"no\"}},{\"id\":\"a\"},{\"id\":\" \"},{},7]}"))
        .containsExactly("a", "b/c");
    assertThat(models("[{\"id\":\"a\",\"type\":\"chat\"}]")).containsExactly("a");
    assertThat(models("{\"data\":[]}")).isEmpty();
    assertThatThrownBy(() -> models("{\"models\":[]}")).hasMessageContaining("no list of models");
    assertThatThrownBy(() -> models("<html>")).hasMessageContaining("no JSON");
  }

  private static List<String> models(String body) throws LlmException {
    return ModelList.read(Chunks.bytes(body), Chunks.FAILURES);
  }
}
