package llm.core.dialect.openai.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
