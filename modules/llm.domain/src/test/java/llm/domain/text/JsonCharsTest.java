package llm.domain.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("characters of JSON strings")
class JsonCharsTest {
  @Test
  void standAsTheyAreOrEscapedAsJsonAsks() {
    assertThat(put("a \"\\\n\r\t\b\u001f~\u007f"))
        .isEqualTo("a \\\"\\\\\\n\\r\\t\\u0008\\u001f~\u007f");
  }

  @Test
  void areUtf8OfOneToFourBytes() {
    String all = "a\u0080é\u07ff\u0800€\uffff😀\udbff\udfff";
    assertThat(put(all)).isEqualTo(all);
  }

  @Test
  void halvesOfPairsAreReplaced() {
    assertThat(put("\ud800\ue000")).isEqualTo("\ufffd\ue000");
    assertThat(put("\udfff")).isEqualTo("\ufffd");
  }

  @Test
  void anyOfTheBasicPlaneCanBeEscaped() {
    var out = new StringBuilder();
    JsonChars.appendEscape(out, '\u2028');
    JsonChars.appendEscape(out, '\n');
    JsonChars.appendEscape(out, 'a');
    assertThat(out).hasToString("\\u2028\\n\\u0061");
  }

  private static String put(String text) {
    byte[] bytes = new byte[text.length() * JsonChars.MOST_BYTES];
    int[] at = {0};
    text.codePoints().forEach(point -> at[0] = JsonChars.put(bytes, at[0], point));
    return new String(bytes, 0, at[0], StandardCharsets.UTF_8);
  }
}
