package llm.core.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import llm.core.dialect.openai.upstream.EmbeddingReader;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.chat.Usage;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("P-3: vectors as JSON")
class EmbeddingResponsesTest {
  private static final EmbeddingResult TWO =
      new EmbeddingResult(
          "m", List.of(Embedding.of(.6f, -.8f), Embedding.of(1, 1e-7f)), Usage.of(7, 0));

  @Test
  void writesNumbersInAsFewDigitsAsTellThemApart() {
    assertThat(text(EmbeddingCall.Form.FLOAT))
        .isEqualTo(
            "{\"object\":\"list\",\"data\":["
                + "{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.6,-0.8]},"
                + "{\"object\":\"embedding\",\"index\":1,\"embedding\":[1.0,1.0E-7]}],"
                + "\"model\":\"m\",\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}");
  }

  @Test
  void writesBase64OfLittleEndianFloats() {
    assertThat(text(EmbeddingCall.Form.BASE64))
        .contains("\"index\":0,\"embedding\":\"mpkZP83MTL8=\"}");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsReadBackExactly(EmbeddingCall.Form form) throws LlmException {
    long seed = System.nanoTime();
    var random = new Random(seed);
    float[] values = new float[2_000];
    for (int index = 0; index < values.length; index++) {
      float drawn = Float.intBitsToFloat(random.nextInt());
      values[index] = Float.isFinite(drawn) ? drawn : 0;
    }
    var result = new EmbeddingResult("m", List.of(Embedding.of(values)), Usage.of(3, 0));
    byte[] body = EmbeddingResponses.list(result, form);
    assertThat(EmbeddingReader.read(body, "m", 1, new UpstreamFailures("up")))
        .as("seed %d", seed)
        .isEqualTo(result);
  }

  private static String text(EmbeddingCall.Form form) {
    return new String(EmbeddingResponses.list(TWO, form), StandardCharsets.UTF_8);
  }
}
