package llm.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.entry;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.testkit.TestConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** C-8: every key known, every problem told with file, key and line; T-11: the environment wins. */
class ConfigurationTest {
  private static final Setting<Integer> PORT =
      Setting.integer("port", 8000, 0, 65_535, "Where it listens.").orEnvironment("PORT", "HTTP");
  private static final Setting<String> HOST = Setting.text("host", "127.0.0.1", "Address.");
  private static final Setting<Secret> KEY =
      Setting.optionalSecret("api_key", "The key.").orEnvironment("OPENAI_API_KEY");
  private static final Setting<Integer> SIZES = Setting.integer("sizes", 1, 1, 9, "Sizes.");
  private static final Setting<Boolean> WANTED = Setting.flag("wanted", false, "Names.");
  private static final ConfigSources NOTHING = ConfigSources.of(Map.of(), Path.of(""));

  /** Each row sets the sources from some on; the highest of them wins. */
  @ParameterizedTest
  @CsvSource({
    "true,  true,  true,  true,  1",
    "false, true,  true,  true,  2",
    "false, false, true,  true,  3",
    "false, false, false, true,  4",
    "false, false, false, false, 8000",
    "true,  false, false, false, 1",
    "true,  false, true,  false, 1",
    "false, true,  false, true,  2",
  })
  void flagBeatsEnvironmentBeatsEnvFileBeatsFileBeatsDefault(
      boolean flag, boolean environment, boolean envFile, boolean file, int expected)
      throws Exception {
    var sources = flag ? NOTHING.withFlag("server.port", "--port", "1") : NOTHING;
    var variables =
        new Variables(
            environment ? Map.of("LLM_SERVER_PORT", "2") : Map.of(),
            ".env",
            envFile ? Map.of("LLM_SERVER_PORT", "3") : Map.of());
    var state = new LoadState("c.yml", sources.flags(), variables, true);
    var root = YamlReader.read("c.yml", file ? "server: {port: 4}" : "");
    var section = new FileSection(state, "", root).section("server", "");
    assertThat(section.get(PORT)).isEqualTo(expected);
    assertThat(state.problems(root)).isEmpty();
  }

  @Test
  void theSystematicVariableBeatsTheSettingsOwnNamesInTheirOrder() {
    assertThat(port(Map.of("LLM_SERVER_PORT", "1", "PORT", "2", "HTTP", "3"))).isEqualTo(1);
    assertThat(port(Map.of("PORT", "2", "HTTP", "3"))).isEqualTo(2);
    assertThat(port(Map.of("HTTP", " 3 "))).isEqualTo(3);
    assertThat(port(Map.of("HTTP", "", "PORT", "  "))).as("blank is not set").isEqualTo(4);
  }

  private static int port(Map<String, String> environment) {
    var config = TestConfig.yaml("server:\n  port: 4\n", environment);
    int port = config.section("server").get(PORT);
    assertThat(config.problems()).isEmpty();
    return port;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "70000          | test.yml:2: server.port: 70000 must be integer, 0 to 65535",
        "-1             | test.yml:2: server.port: -1 must be integer, 0 to 65535",
        "http           | test.yml:2: server.port: http must be integer, 0 to 65535",
        "8.5            | test.yml:2: server.port: 8.5 must be integer, 0 to 65535",
        "''             | test.yml:2: server.port: '' must be integer, 0 to 65535",
        "[1]            | test.yml:2: server.port: must be integer, 0 to 65535, not a list",
        "{a: 1}         | test.yml:2: server.port: must be integer, 0 to 65535, not a mapping",
        "${NOWHERE}     | test.yml:2: server.port: ${NOWHERE} is not set in the environment or"
            + " .env",
        "${SECRET}      | test.yml:2: server.port: the value of ${SECRET} must be integer, 0 to"
            + " 65535",
        "\"${bad name}\"| test.yml:2: server.port: has a ${ that is no reference ${NAME}; write $${"
            + " for a literal one",
        "http://u:p@h/  | test.yml:2: server.port: http://***@h/ must be integer, 0 to 65535",
        "\"a\\nb\\tc\"  | test.yml:2: server.port: a?b?c must be integer, 0 to 65535",
      })
  void aBadValueIsToldWithFileLineAndKey(String value, String message) {
    String written = value.isEmpty() ? "''" : value;
    var config = TestConfig.yaml("server:\n  port: " + written + "\n", Map.of("SECRET", "sk-123"));
    assertThat(config.section("server").get(PORT)).as("the default").isEqualTo(8000);
    assertThat(config.problems()).containsExactly(message);
  }

  @Test
  void aLongBadValueIsCut() {
    var config = TestConfig.yaml("port: " + "9".repeat(500));
    config.root().get(PORT);
    assertThat(config.problems())
        .containsExactly("test.yml:1: port: " + "9".repeat(80) + "… must be integer, 0 to 65535");
  }

  @Test
  void aBadValueOfTheEnvironmentOrAFlagNamesItsSource() throws Exception {
    var config = TestConfig.yaml("", Map.of("HTTP", "x"));
    config.section("server").get(PORT);
    assertThat(config.problems())
        .containsExactly("environment HTTP: server.port: x must be integer, 0 to 65535");
    var flagged =
        Configuration.parse("c.yml", "", NOTHING.withFlag("server.port", "--port", "99999"));
    flagged.root().section("server", "").get(PORT);
    assertThat(flagged.problems())
        .hasToString("[--port: server.port: 99999 must be integer, 0 to 65535]");
  }

  @Test
  void aFlagThatNoSettingTakesIsRefused() throws Exception {
    var config = Configuration.parse("c.yml", "", NOTHING.withFlag("server.prot", "--prot", "1"));
    config.root().section("server", "").get(PORT);
    assertThat(config.problems())
        .hasToString("[--prot: server.prot: is not a setting; did you mean server.port?]");
  }

  @Test
  void unknownKeysAreToldWithTheKeyThatWasMeant() {
    var config =
        TestConfig.yaml(
            """
            sever:
              port: 1
            server:
              prot: 2
              host: h
              colour: red
            port: 3
            levels: {}
            """);
    var server = config.section("server");
    server.get(PORT);
    server.get(HOST);
    assertThat(config.problems())
        .containsExactly(
            "test.yml:1: sever: is not a setting; did you mean server?",
            "test.yml:4: server.prot: is not a setting; did you mean server.port?",
            "test.yml:6: server.colour: is not a setting",
            "test.yml:7: port: is not a setting; did you mean server.port?",
            "test.yml:8: levels: is not a setting");
  }

  @Test
  void allProblemsComeTogetherInTheOrderOfTheFile() {
    var config =
        TestConfig.yaml("b: 1\nserver:\n  host: [1]\n  port: x\na: 1\n", Map.of("LLM_SIZES", "77"));
    config.root().get(SIZES);
    var server = config.section("server");
    server.get(PORT);
    server.get(HOST);
    assertThat(config.problems())
        .containsExactly(
            "test.yml:1: b: is not a setting",
            "test.yml:3: server.host: must be text, not a list",
            "test.yml:4: server.port: x must be integer, 0 to 65535",
            "test.yml:5: a: is not a setting",
            "environment LLM_SIZES: sizes: 77 must be integer, 1 to 9");
  }

  @Test
  void verifyThrowsThemAllOrNothing() throws Exception {
    var bad = Configuration.parse("c.yml", "a: 1\nb: 2\n", NOTHING);
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(bad::verify)
        .withMessage("c.yml:1: a: is not a setting\nc.yml:2: b: is not a setting")
        .satisfies(thrown ->
            assertThat(thrown.problems().getFirst())
                .isEqualTo(new ConfigProblem("c.yml", 1, "a", "is not a setting")));
    Configuration.parse("c.yml", "", NOTHING).verify();
  }

  @Test
  void aSecretMayNotStandInAFileAndIsNeverShown() {
    for (String written : List.of("sk-live-1", "prefix-${OPENAI_API_KEY}", "${K:-sk-live-1}")) {
      var config = TestConfig.yaml("api_key: " + written, Map.of("K", "sk-live-2"));
      assertThat(config.root().find(KEY)).isEmpty();
      assertThat(config.problems())
          .containsExactly(
              "test.yml:1: api_key: a secret must not stand in a file; write ${NAME} and set NAME"
                  + " in the environment or .env");
    }
    var config = TestConfig.yaml("api_key: ${K}", Map.of("K", "sk-live-2"));
    assertThat(config.root().find(KEY)).contains(new Secret("sk-live-2"));
    assertThat(config.problems()).isEmpty();
    assertThat(config.root().find(KEY).toString()).isEqualTo("Optional[***]");
  }

  @Test
  void aSecretOfTheEnvironmentThatDoesNotFitIsNotShown() {
    Setting<Secret> strict =
        new Setting<>(
            "api_key",
            KEY.type(),
            text -> {
              throw new IllegalArgumentException("32 characters");
            },
            Optional.empty(),
            "",
            List.of(),
            "");
    var config = TestConfig.yaml("", Map.of("LLM_API_KEY", "sk-live-1"));
    assertThat(config.root().find(strict)).isEmpty();
    assertThat(config.problems())
        .containsExactly("environment LLM_API_KEY: api_key: the value must be 32 characters");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a ${X} b ${Y} | a 1 b 2",
        "${X}${Y}      | 12",
        "$${X}         | ${X}",
        "$${X} ${X}    | ${X} 1",
        "$X $ {X}      | $X $ {X}",
        "${Z:-dflt}    | dflt",
        "${X:-dflt}    | 1",
        "${BLANK:-d}   | d",
      })
  void referencesAreReplaced(String written, String read) {
    var config =
        TestConfig.yaml("host: '" + written + "'", Map.of("X", "1", "Y", "2", "BLANK", " "));
    assertThat(config.root().get(HOST)).isEqualTo(read);
    assertThat(config.problems()).isEmpty();
  }

  @Test
  void aReferenceWithAnEmptyDefaultMayLeaveTheKeyUnset() {
    var config = TestConfig.yaml("port: ${NOWHERE:-}\napi_key: ${NOWHERE:-}\n");
    assertThat(config.root().get(PORT)).isEqualTo(8000);
    assertThat(config.root().find(KEY)).isEmpty();
    assertThat(config.problems()).isEmpty();
  }

  @Test
  void aKeyWithoutAValueIsNotSet() {
    var config = TestConfig.yaml("server:\nport: ~\nhost:\n");
    assertThat(config.root().get(PORT)).isEqualTo(8000);
    assertThat(config.root().get(HOST)).isEqualTo("127.0.0.1");
    assertThat(config.section("server").get(PORT)).isEqualTo(8000);
    assertThat(config.problems()).isEmpty();
  }

  @Test
  void listsAreReadFromFileAndEnvironment() {
    var config = TestConfig.yaml("sizes: [1, 2, 30]\n");
    assertThat(config.root().list(SIZES)).containsExactly(1, 2);
    assertThat(config.problems())
        .containsExactly("test.yml:1: sizes[2]: 30 must be integer, 1 to 9");
    var set = TestConfig.yaml("sizes: [1]\n", Map.of("LLM_SIZES", "4, 5,x"));
    assertThat(set.root().list(SIZES)).containsExactly(4, 5);
    assertThat(set.problems())
        .containsExactly("environment LLM_SIZES: sizes: x must be integer, 1 to 9");
    var one = TestConfig.yaml("sizes: 1\n");
    assertThat(one.root().list(SIZES)).isEmpty();
    assertThat(one.problems())
        .containsExactly("test.yml:1: sizes: must be a list: lines of - value");
    assertThat(TestConfig.empty().root().list(SIZES)).isEmpty();
  }

  @Test
  void mapsAreReadFromFileAndEnvironment() {
    var config = TestConfig.yaml("wanted:\n  z.y: true\n  a: no\n  b: maybe\n");
    assertThat(config.root().map(WANTED)).containsExactly(entry("z.y", true), entry("a", false));
    assertThat(config.problems())
        .containsExactly("test.yml:4: wanted.b: maybe must be true or false");
    var set = TestConfig.yaml("", Map.of("LLM_WANTED", "a=true, b = false ,c"));
    assertThat(set.root().map(WANTED)).containsExactly(entry("a", true), entry("b", false));
    assertThat(set.problems())
        .containsExactly(
            "environment LLM_WANTED: wanted: c must be name=value, commas between them");
    var list = TestConfig.yaml("wanted: [a]");
    assertThat(list.root().map(WANTED)).isEmpty();
    assertThat(list.problems())
        .containsExactly("test.yml:1: wanted: must be a mapping: lines of key: value");
  }

  @Test
  void namedSectionsKeepTheirOrderAndTakeTheEnvironment() {
    var config =
        TestConfig.yaml(
            """
            providers:
              my-own:
                port: 1
              plain:
              other: 5
              typo:
                prot: 1
            """,
            Map.of("LLM_PROVIDERS_MY_OWN_PORT", "7"));
    var named = config.root().named("providers", "");
    assertThat(named.keySet()).containsExactly("my-own", "plain", "other", "typo");
    assertThat(named.values().stream().map(section -> section.get(PORT)))
        .containsExactly(7, 8000, 8000, 8000);
    assertThat(named.get("plain").path()).isEqualTo("providers.plain");
    assertThat(config.problems())
        .containsExactly(
            "test.yml:5: providers.other: must be a mapping: lines of key: value",
            "test.yml:7: providers.typo.prot: is not a setting; did you mean"
                + " providers.typo.port?");
  }

  @Test
  void entriesAreSectionsInOrder() {
    var config =
        TestConfig.yaml(
            """
            keys:
              - port: 1
                host: a
              - host: b
                extra: 1
              - 5
            """);
    var entries = config.root().entries("keys", "");
    assertThat(entries.stream().map(e -> e.get(HOST) + e.get(PORT))).containsExactly("a1", "b8000");
    assertThat(config.problems())
        .containsExactly(
            "test.yml:5: keys[1].extra: is not a setting",
            "test.yml:6: keys[2]: must be a mapping: lines of key: value");
  }

  @Test
  void aSectionMustBeAMapping() {
    var config = TestConfig.yaml("server: 5\nkeys: {}\n");
    assertThat(config.section("server").get(PORT)).isEqualTo(8000);
    assertThat(config.root().entries("keys", "")).isEmpty();
    assertThat(config.problems())
        .containsExactly(
            "test.yml:1: server: must be a mapping: lines of key: value",
            "test.yml:2: keys: must be a list: lines of - value");
  }

  @Test
  void aRejectedValueIsToldWhereItCameFrom() {
    var config = TestConfig.yaml("server:\n  port: 5\n", Map.of("LLM_SERVER_HOST", "h"));
    var server = config.section("server");
    server.get(PORT);
    server.get(HOST);
    server.reject("port", "5 does not go with host h");
    server.reject("host", "h is not local");
    server.reject("tls", "is needed for h");
    assertThat(config.problems())
        .containsExactly(
            "test.yml:2: server.port: 5 does not go with host h",
            "test.yml:2: server.tls: is needed for h",
            "environment LLM_SERVER_HOST: server.host: h is not local");
  }

  @Test
  void aSettingReadTwiceIsToldOnce() {
    var config = TestConfig.yaml("port: x");
    config.root().get(PORT);
    config.root().get(PORT);
    assertThat(config.problems()).hasSize(1);
  }

  @Test
  void getNeedsADefault() {
    assertThatIllegalStateException()
        .isThrownBy(() -> TestConfig.empty().root().get(KEY))
        .withMessage("setting api_key has no default; read it with find()");
  }

  @Test
  void variablesThatLookLikeOursAndSetNothingAreWarnings() throws Exception {
    var environment =
        Map.of("LLM_SERVER_PRT", "1", "LLM_SERVER_PORT", "2", "LLM_CONFIG", "x", "LLM", "y");
    var config = Configuration.parse("c.yml", "", ConfigSources.of(environment, Path.of("")));
    config.root().section("server", "").get(PORT);
    config.verify();
    assertThat(config.warnings())
        .containsExactly("environment LLM_SERVER_PRT: sets nothing; did you mean LLM_SERVER_PORT?");
  }
}
