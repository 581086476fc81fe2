package llm.core.idempotency;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Which requests are the same one")
class FingerprintTest {
  private static final String LONG = "x".repeat(5_000);

  private static String of(String body) {
    return Fingerprint.of("POST", "/v1/x", "", body.getBytes(UTF_8)).digest();
  }

  @Test
  void theOrderOfFieldsAndSpacesMakeNoDifference() {
    assertThat(of("{\"a\":1,\"b\":{\"c\":[1,2],\"d\":null}}"))
        .isEqualTo(of("{ \"b\" : {\"d\":null, \"c\":[1, 2]}, \"a\":1 }"));
    assertThat(of("{\"m\":{\"a\":\"" + LONG + "\",\"b\":2}}"))
        .as("nor in what is long")
        .isEqualTo(of("{\"m\":{\"b\":2,\"a\":\"" + LONG + "\"}}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1}|{\"a\":\"1\"}",
        "{\"a\":[1,2]}|{\"a\":[2,1]}",
        "{\"a\":[1,2]}|{\"a\":[12]}",
        "{\"a\":\"b\",\"c\":\"d\"}|{\"a\":\"bc\",\"\":\"d\"}",
        "{\"a\":{\"b\":1}}|{\"a\":{},\"b\":1}",
        "{\"a\":true}|{\"a\":\"true\"}",
        "{\"a\":1}|{\"a\":1} ]"
      })
  void whatDiffersIsAnotherOne(String one, String other) {
    assertThat(of(one)).isNotEqualTo(of(other));
  }

  @Test
  void aLongValueCountsToItsEnd() {
    assertThat(of("{\"m\":{\"a\":\"" + LONG + "y\"}}"))
        .isNotEqualTo(of("{\"m\":{\"a\":\"" + LONG + "z\"}}"));
  }

  @Test
  void whatIsDeepIsReadToItsBottom() {
    String bottom = "\"" + LONG + "\"";
    String deep = "{\"a\":".repeat(400) + bottom + "}".repeat(400);
    assertThat(of(deep)).isEqualTo(of(deep)).isNotEqualTo(of(deep.replace("xx\"", "xy\"")));
  }

  @Test
  void methodPathAndQueryBelongToIt() {
    byte[] body = "{}".getBytes(UTF_8);
    assertThat(Fingerprint.of("POST", "/a", "", body))
        .isNotEqualTo(Fingerprint.of("POST", "/b", "", body))
        .isNotEqualTo(Fingerprint.of("PUT", "/a", "", body))
        .isNotEqualTo(Fingerprint.of("POST", "/a", "q=1", body));
  }
}
