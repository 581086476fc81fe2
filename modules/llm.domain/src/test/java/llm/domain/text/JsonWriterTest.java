package llm.domain.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import llm.domain.chat.JsonText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonWriterTest {

  @Test
  void putsCommasBetweenValuesAndNowhereElse() {
    var json =
        new JsonWriter()
            .beginObject()
            .name("empty")
            .beginObject()
            .endObject()
            .name("list")
            .beginArray()
            .value("a,")
            .value(-1)
            .value(0.5)
            .value(true)
            .nullValue()
            .value(new JsonText("{\"as\": [\"is\"]}"))
            .beginArray()
            .endArray()
            .beginArray()
            .value(false)
            .endArray()
            .endArray()
            .name("last")
            .value(Long.MAX_VALUE)
            .endObject()
            .toJson();
    assertThat(json.value())
        .isEqualTo(
            "{\"empty\":{},\"list\":[\"a,\",-1,0.5,true,null,{\"as\": [\"is\"]},[],[false]],"
                + "\"last\":9223372036854775807}");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "say \"hi\"|say \\\"hi\\\"",
        "C:\\temp|C:\\\\temp",
        "{[:|{[:",
        "да 你 😀|да 你 😀",
        "/|/"
      },
      delimiter = '|')
  void escapesWhatJsonDemandsAndLeavesTheRest(String text, String escaped) {
    assertThat(new JsonWriter().value(text).toJson().value()).isEqualTo("\"" + escaped + "\"");
  }

  @Test
  void escapesControlCharacters() {
    assertThat(new JsonWriter().value("\n\r\t\b\u0000\u001f\u007f").toJson().value())
        .isEqualTo("\"\\n\\r\\t\\u0008\\u0000\\u001f\u007f\"");
  }

  @ParameterizedTest
  @CsvSource({"'\ud83d','\\ud83d'", "'\ud83dx','\\ud83dx'", "'\ude00','\\ude00'"})
  void escapesHalfCharactersSoThatTheTextCanBecomeBytes(String text, String escaped) {
    assertThat(new JsonWriter().value(text).toJson().value()).isEqualTo("\"" + escaped + "\"");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void refusesNumbersThatJsonCannotSay(double number) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new JsonWriter().value(number))
        .withMessage("JSON has no number " + number);
  }

  @Test
  void writesJsonWhateverTheStringsHold() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      var text = new StringBuilder();
      random.ints(random.nextInt(20), 0, 0x200).forEach(c -> text.append((char) c));
      random.ints(random.nextInt(4), 0xd7f0, 0xe010).forEach(c -> text.append((char) c));
      var json = new JsonWriter().beginObject().name(text.toString()).value(text.toString());
      String written = json.endObject().toJson().value();
      assertThat(JsonSyntax.firstError(written)).as("seed %d: %s", seed, written).isEqualTo(-1);
    }
  }
}
