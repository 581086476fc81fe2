package llm.core.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llm.core.testkit.Fuzz;
import llm.domain.chat.JsonText;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-3: what a body for embeddings says, and may not say")
class EmbeddingRequestReaderTest {
  private static final int ROUNDS = 3_000;

  @Test
  void readsEveryField() throws LlmException {
    EmbeddingCall call =
        read(
            "{\"model\":\"m\",\"input\":\"grüße 😀\",\"encoding_format\":\"base64\","
                + "\"dimensions\":256,\"user\":\"u-1\",\"x\":{\"y\": [1]}}");

    assertThat(call.form()).isEqualTo(EmbeddingCall.Form.BASE64);
    assertThat(call.request().model()).isEqualTo(new ModelName("m"));
    assertThat(call.request().inputs()).containsExactly(text("grüße 😀"));
    assertThat(call.request().dimensions()).contains(256);
    assertThat(call.request().extensions())
        .isEqualTo(Map.of("user", new JsonText("\"u-1\""), "x", new JsonText("{\"y\": [1]}")));
  }

  @Test
  void whatIsLeftOutHasDefaults() throws LlmException {
    EmbeddingCall call = read("{\"input\":[\"a\"],\"dimensions\":null,\"encoding_format\":null}");
    assertThat(call.request().model()).isEqualTo(new ModelName("default"));
    assertThat(call.form()).isEqualTo(EmbeddingCall.Form.FLOAT);
    assertThat(call.request().dimensions()).isEmpty();
  }

  @Test
  void readsInputsInAllFourForms() throws LlmException {
    assertThat(inputs("\"a\"")).containsExactly(text("a"));
    assertThat(inputs("[\"a\",\"b\"]")).containsExactly(text("a"), text("b"));
    assertThat(inputs("[1,2,0]")).containsExactly(tokens(1, 2, 0));
    assertThat(inputs("[[1,2],[3]]")).containsExactly(tokens(1, 2), tokens(3));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "-",
      textBlock =
          """
          [] | - | must be an object, found an array
          {} | input | input is missing
          {"input":null} | input | input is missing
          {"input":7} | input | must be a string, an array of strings, an array of token ids
          {"input":{}} | input | found an object
          {"input":[]} | input | at least one input
          {"input":""} | input | must not be empty
          {"input":["a",""]} | input[1] | must not be empty
          {"input":["a",1]} | input[1] | must be a string, found the integer 1
          {"input":["a",null]} | input[1] | must be a string, found null
          {"input":[null]} | input[0] | a string, a token id or an array of token ids, found null
          {"input":[1.5]} | input[0] | found the number 1.5
          {"input":[1,"a"]} | input[1] | must be an integer, found a string
          {"input":[1,-2]} | input[1] | -2 is no token id
          {"input":[[1],[]]} | input[1] | must not be empty
          {"input":[[1],2]} | input[1] | must be an array of token ids, as the one before, found the integer 2
          {"input":[[1],["a"]]} | input[1][0] | must be an integer, found a string
          {"input":[[[1]]]} | input[0][0] | must be an integer, found an array
          {"input":[[99999999999]]} | input[0][0] | an integer of 32 bits
          {"input":"\\ud800"} | input | surrogate
          {"input":"a","encoding_format":"hex"} | encoding_format | must be float or base64
          {"input":"a","encoding_format":7} | encoding_format | must be a string
          {"input":"a","dimensions":0} | dimensions | must be at least 1
          {"input":"a","dimensions":"9"} | dimensions | must be an integer
          {"input":"a","model":" "} | model | model
          """)
  void refusesWithThePlace(String body, String path, String message) {
    var refused = catchThrowableOfType(LlmException.class, () -> read(body));
    assertThat(refused.error()).isInstanceOf(LlmError.InvalidRequest.class);
    assertThat(((LlmError.InvalidRequest) refused.error()).path())
        .isEqualTo(Optional.ofNullable(path));
    assertThat(refused.error().message()).contains(message);
  }

  @Test
  void inputsAndTokensHaveABound() throws LlmException {
    assertThat(inputs(list(2_048, "\"a\""))).hasSize(2_048);
    assertThat(refusal(list(2_049, "\"a\""))).contains("more than 2048 inputs");
    assertThat(refusal(list(2_049, "[1]"))).contains("more than 2048 inputs");
    String half = list(150_000, "7");
    assertThat(inputs("[" + half + "," + half + "]")).hasSize(2);
    assertThat(refusal("[" + half + "," + half + ",[7]]")).contains("more than 300000 tokens");
    assertThat(refusal(list(300_001, "7"))).contains("more than 300000 tokens");
  }

  @Test
  @Tag("fuzz")
  @Tag("json")
  void onlyRefusalsComeOutWhateverTheBytes() {
    byte[] body =
        "{\"model\":\"m\",\"input\":[[1,20,300],[4]],\"dimensions\":8,\"user\":\"ü\"}"
            .getBytes(StandardCharsets.UTF_8);
    Fuzz.target("json")
        .rounds(ROUNDS)
        .run(
            random -> mutated(body, random),
            (bytes, _) -> {
              try {
                assertThat(EmbeddingRequestReader.read(bytes, any()).request().inputs())
                    .isNotEmpty();
              } catch (LlmException refused) {
                assertThat(refused.error().message()).isNotBlank().hasSizeLessThan(1_000);
              }
            });
  }

  private static byte[] mutated(byte[] body, Random random) {
    byte[] changed = body.clone();
    byte[] telling = "{}[]\",:-.e019\\u".getBytes(StandardCharsets.UTF_8);
    for (int change = random.nextInt(3); change >= 0; change--) {
      int at = random.nextInt(changed.length);
      changed[at] =
          random.nextBoolean() ? telling[random.nextInt(telling.length)] : (byte) random.nextInt();
    }
    return changed;
  }

  private static String list(int count, String element) {
    return IntStream.range(0, count)
        .mapToObj(_ -> element)
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static List<EmbeddingInput> inputs(String input) throws LlmException {
    return read("{\"input\":" + input + "}").request().inputs();
  }

  private static String refusal(String input) {
    return catchThrowableOfType(LlmException.class, () -> inputs(input)).error().message();
  }

  private static EmbeddingCall read(String body) throws LlmException {
    return EmbeddingRequestReader.read(body.getBytes(StandardCharsets.UTF_8), any());
  }

  private static ModelResolver any() {
    return asked -> new ModelName(asked.orElse("default"));
  }

  private static EmbeddingInput text(String value) {
    return new EmbeddingInput.Text(value);
  }

  private static EmbeddingInput tokens(Integer... ids) {
    return new EmbeddingInput.Tokens(List.of(ids));
  }
}
