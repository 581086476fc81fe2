package llm.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import llm.core.testkit.TestConfig;
import llm.domain.call.Principal;
import org.junit.jupiter.api.Test;

/** O-5, C-8: the section {@code auth}. */
class AuthSettingsTest {
  private static List<String> problems(String yaml) {
    var config = TestConfig.yaml(yaml);
    AuthSettings.read(config.section("auth"));
    return config.problems();
  }

  @Test
  void hasNoKeysByDefault() {
    var settings = AuthSettings.read(TestConfig.empty().section("auth"));
    assertThat(settings.hasKeys()).isFalse();
    assertThat(settings.publicMetrics()).isFalse();
  }

  @Test
  void acceptsHashesWithAndWithoutPrefixInAnyCase() {
    String hex = ApiKey.stored("s").substring("sha256:".length());
    assertThat(problems(key("a", "sha256: " + hex))).isEmpty();
    assertThat(problems(key("a", "sha256: sha256:" + hex))).isEmpty();
    assertThat(problems(key("a", "sha256: '" + hex.toUpperCase(java.util.Locale.ROOT) + "'")))
        .isEmpty();
  }

  @Test
  void refusesAKeyThatStandsInTheFile() {
    assertThat(problems(key("a", "key: secret")))
        .anySatisfy(p -> assertThat(p).contains("${NAME}"));
  }

  @Test
  void refusesWhatIsNoHash() {
    assertThat(problems(key("a", "sha256: abc")))
        .singleElement()
        .asString()
        .startsWith("test.yml:4: auth.keys[0].sha256: ")
        .contains("64 hex digits");
  }

  @Test
  void refusesAnEntryWithoutNameOrWithoutKeyOrWithBoth() {
    assertThat(problems("auth:\n  keys:\n    - sha256: " + "0".repeat(64)))
        .singleElement()
        .asString()
        .contains("name");
    assertThat(problems("auth:\n  keys:\n    - name: a"))
        .singleElement()
        .asString()
        .contains("sha256");
  }

  @Test
  void refusesTwoKeysOfOneName() {
    String hash = "0".repeat(64);
    assertThat(
            problems(
                "auth:\n  keys:\n"
                    + "    - {name: a, sha256: "
                    + hash
                    + "}\n"
                    + "    - {name: a, sha256: "
                    + hash
                    + "}"))
        .singleElement()
        .asString()
        .contains("twice");
  }

  @Test
  void aNewKeyIsAcceptedByTheConfigurationPrintedWithIt() {
    String text = NewApiKey.describe("ci");
    var matcher = Pattern.compile("llmsk-[A-Za-z0-9_-]{43}").matcher(text);
    assertThat(matcher.find()).isTrue();
    String secret = matcher.group();
    assertThat(text.substring(matcher.end())).doesNotContain(secret);
    var config = TestConfig.yaml(text);
    var hash = Pattern.compile("sha256:[0-9a-f]{64}").matcher(text);
    assertThat(AuthSettings.read(config.section("auth")).hasKeys()).isTrue();
    assertThat(config.problems()).isEmpty();
    assertThat(hash.find()).isTrue();
    var keys = new ApiKeys(List.of(ApiKey.ofHash(new Principal("ci"), hash.group()).orElseThrow()));
    assertThat(keys.ownerOf(secret)).contains(new Principal("ci"));
    assertThat(keys.ownerOf(secret + "x")).isEqualTo(Optional.empty());
    assertThat(NewApiKey.describe("ci")).isNotEqualTo(text);
  }

  private static String key(String name, String rest) {
    return "auth:\n  keys:\n    - name: " + name + "\n      " + rest + "\n";
  }
}
