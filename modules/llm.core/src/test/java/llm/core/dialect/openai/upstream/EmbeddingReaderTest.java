package llm.core.dialect.openai.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.chat.JsonText;
import llm.domain.chat.Usage;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-1: vectors of an upstream")
class EmbeddingReaderTest {

  @Test
  void rowsMayComeInAnyOrderAndInBothForms() throws LlmException {
    EmbeddingResult read =
        read(
            "{\"data\":[{\"index\":1,\"embedding\":\"AACAPwAAAMA=\"},"
                + "{\"embedding\":[0.5,1e-3],\"index\":0,\"object\":\"embedding\"}],"
                + "\"usage\":{\"prompt_tokens\":5,\"total_tokens\":5},\"model\":\"x\"}",
            2);
    assertThat(read)
        .isEqualTo(
            new EmbeddingResult(
                "m", List.of(Embedding.of(.5f, 1e-3f), Embedding.of(1, -2)), Usage.of(5, 0)));
  }

  @Test
  void aRowWithoutAnIndexStandsWhereItStandsAndUsageMayBeMissing() throws LlmException {
    EmbeddingResult read = read("{\"data\":[{\"embedding\":[1]},{\"embedding\":[2]}]}", 2);
    assertThat(read.vectors()).containsExactly(Embedding.of(1), Embedding.of(2));
    assertThat(read.usage()).isEqualTo(Usage.NONE);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          hello | no JSON
          {} | sent no list of vectors
          {"data":[]} | no vector for input 0 of 2
          {"data":[{"embedding":[1]}]} | no vector for input 1 of 2
          {"data":[{"embedding":[1]},{"embedding":[1,2]}]} | vectors of 1 and 2 numbers
          {"data":[{"embedding":[1]},{"index":0,"embedding":[1]}]} | for input 0, which is none of 2 or came before
          {"data":[{"index":-1,"embedding":[1]}]} | for input -1
          {"data":[{"index":2,"embedding":[1]}]} | for input 2
          {"data":[{"index":0}]} | a row without a vector at place 0
          {"data":[{"embedding":[]}]} | at least one dimension
          {"data":[{"embedding":[1e99]}]} | must be finite
          {"data":[{"embedding":["a"]}]} | must be a number, found a string
          {"data":[{"embedding":"AAA?"}]} | what is no vector
          {"data":[{"embedding":"AAA="}]} | a multiple of 4, found 2
          {"data":[{"embedding":7}]} | must be an array
          {"error":{"message":"Out of memory."}} | saying: Out of memory.
          """)
  void whatIsNoAnswerIsTheProvidersFailure(String body, String message) {
    var failed = catchThrowableOfType(LlmException.class, () -> read(body, 2));
    assertThat(failed.error()).isInstanceOf(LlmError.ProviderFailed.class);
    assertThat(failed.error().message()).startsWith("Provider 'up' ").contains(message);
  }

  @Test
  void requestsAreWrittenWithEachKindOfInput() {
    var request =
        new EmbeddingRequest(
            new ModelName("up/m"),
            List.of(new EmbeddingInput.Text("é"), new EmbeddingInput.Tokens(List.of(1, 22))),
            Optional.of(64),
            Map.of("user", new JsonText("\"u\""), "model", new JsonText("\"evil\"")));
    assertThat(text(EmbeddingRequestWriter.write(request, "m", RequestTraits.COMMON)))
        .isEqualTo("{\"model\":\"m\",\"input\":[\"é\",[1,22]],\"dimensions\":64,\"user\":\"u\"}");
    var exact = RequestTraits.builder().base64Vectors(true).build();
    var plain = EmbeddingRequest.of(new ModelName("up/m"), "a");
    assertThat(text(EmbeddingRequestWriter.write(plain, "m", exact)))
        .isEqualTo("{\"model\":\"m\",\"input\":[\"a\"],\"encoding_format\":\"base64\"}");
  }

  private static EmbeddingResult read(String body, int inputs) throws LlmException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return EmbeddingReader.read(bytes, "m", inputs, new UpstreamFailures("up"));
  }

  private static String text(byte[] body) {
    return new String(body, StandardCharsets.UTF_8);
  }
}
