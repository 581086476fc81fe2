package llm.core.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import llm.core.cache.CacheRule.Scope;
import llm.core.cache.CacheRule.Use;
import llm.core.testkit.TestConfig;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-8: what the configuration says of the cache")
class CacheSettingsTest {
  @Test
  void withoutASectionAnswersAreKeptForAnHourForWhoAsksForItByKey() {
    var config = TestConfig.empty();
    var settings = CacheSettings.read(config.root());
    assertThat(settings).isEqualTo(CacheSettings.DEFAULTS);
    assertThat(settings.rule("any"))
        .isEqualTo(new CacheRule(Use.ASKED, Duration.ofHours(1), Scope.KEY));
    assertThat(settings.answerBytes()).isEqualTo(1 << 20);
  }

  @Test
  void theMostExactNameRulesAndTakesTheRestFromTheGeneralRule() {
    var config =
        TestConfig.yaml(
            """
            cache:
              use: never
              ttl_seconds: 60
              answer_bytes: 2048
              models:
                "gpt-*": {use: always}
                gpt-4o: {scope: shared, ttl_seconds: 7}
            """);
    var settings = CacheSettings.read(config.root());
    assertThat(config.problems()).isEmpty();
    assertThat(settings.rule("other"))
        .isEqualTo(new CacheRule(Use.NEVER, Duration.ofMinutes(1), Scope.KEY));
    assertThat(settings.rule("gpt-5"))
        .isEqualTo(new CacheRule(Use.ALWAYS, Duration.ofMinutes(1), Scope.KEY));
    assertThat(settings.rule("gpt-4o"))
        .isEqualTo(new CacheRule(Use.NEVER, Duration.ofSeconds(7), Scope.SHARED));
    assertThat(settings.answerBytes()).isEqualTo(2048);
  }

  @Test
  void whatIsWrongIsToldWithItsPlace() {
    var config =
        TestConfig.yaml(
            """
            cache:
              use: maybe
              ttl_seconds: 0
              scope: all
              answer_bytes: 1
              models:
                "a**": {use: always}
            """);
    CacheSettings.read(config.root());
    assertThat(String.join("\n", config.problems()))
        .contains(
            "cache.use", "cache.ttl_seconds", "cache.scope", "cache.answer_bytes", "at most one *");
  }
}
