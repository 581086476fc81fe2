package llm.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import llm.domain.error.LlmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryTest {
  @Test
  void parametersAreReadDecodedAndTheLastOfTwoCounts() throws LlmException {
    Query query = Query.of("after=a%20b%26c&limit=5&limit=7", "after", "limit");

    assertThat(query.text("after")).contains("a b&c");
    assertThat(query.number("limit", 1, 1, 10)).isEqualTo(7);
    assertThat(Query.of("", "limit").number("limit", 3, 1, 10)).isEqualTo(3);
    assertThat(Query.of("limit", "limit").text("limit")).contains("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"limit=0", "limit=11", "limit=", "limit=x", "limit=99999999999"})
  void aNumberOutsideItsRangeIsRefusedWithTheRange(String query) {
    assertThatThrownBy(() -> Query.of(query, "limit").number("limit", 3, 1, 10))
        .isInstanceOf(LlmException.class)
        .hasMessage("limit must be a whole number from 1 to 10");
  }

  @Test
  void whatIsNotKnownIsRefusedWithWhatIs() {
    assertThatThrownBy(() -> Query.of("offset=3", "after", "limit"))
        .hasMessage("'offset' is not known here; use after and limit.");
    assertThatThrownBy(() -> Query.of("x".repeat(100), "after"))
        .hasMessageStartingWith("'" + "x".repeat(40) + "…'");
    assertThatThrownBy(() -> Query.of("after=%zz", "after"))
        .hasMessage("after is not percent-encoded as a query must be");
  }
}
