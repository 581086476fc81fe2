package llm.domain.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import llm.domain.error.ErrorCode;
import llm.domain.error.LlmError;
import org.junit.jupiter.api.Test;

class LimitTest {
  private final Claim claim = new Claim(Measure.REQUESTS_PER_MINUTE, 5, 1);
  private final Standing standing =
      new Standing("r", Measure.REQUESTS_PER_MINUTE, 5, 4, Duration.ofSeconds(60));

  @Test
  void aMeasureKnowsWhatItCounts() {
    assertThat(Measure.REQUESTS_PER_MINUTE.key()).isEqualTo("requests_per_minute");
    assertThat(Measure.MAX_CONCURRENT.words()).isEqualTo("requests at once");
    assertThat(Stream.of(Measure.values()).filter(Measure::isDaily))
        .containsExactly(Measure.REQUESTS_PER_DAY, Measure.TOKENS_PER_DAY, Measure.COST_PER_DAY);
    assertThat(Stream.of(Measure.values()).filter(Measure::isTokens))
        .containsExactly(Measure.TOKENS_PER_MINUTE, Measure.TOKENS_PER_DAY);
    assertThat(Stream.of(Measure.values()).filter(Measure::isSettled))
        .containsExactly(Measure.TOKENS_PER_MINUTE, Measure.TOKENS_PER_DAY, Measure.COST_PER_DAY);
  }

  @Test
  void listsAreCopied() {
    var claims = new ArrayList<>(List.of(claim));
    var demand = new Demand("r", "x", claims);
    claims.clear();
    assertThat(demand.claims()).containsExactly(claim);
    assertThat(demand.ofOthers()).isEqualTo(new Demand("r", Demand.OTHERS, List.of(claim)));

    var demands = new ArrayList<>(List.of(demand));
    var ticket = new Ticket("id", 1, demands);
    demands.clear();
    assertThat(ticket.demands()).containsExactly(demand);

    var standings = new ArrayList<>(List.of(standing));
    Ruling admitted = new Ruling.Admitted(ticket, standings);
    Ruling refused = new Ruling.Refused("r", claim, Duration.ofSeconds(1), standings);
    standings.clear();
    assertThat(admitted.standings()).isEqualTo(refused.standings()).containsExactly(standing);
  }

  @Test
  void aQuotaHasAnotherCodeThanARate() {
    var after = Optional.of(Duration.ofSeconds(1));
    assertThat(new LlmError.LimitExceeded("m", true, after).code())
        .isEqualTo(ErrorCode.INSUFFICIENT_QUOTA);
    assertThat(new LlmError.LimitExceeded("m", false, after).code())
        .isEqualTo(ErrorCode.RATE_LIMIT_EXCEEDED);
  }
}
