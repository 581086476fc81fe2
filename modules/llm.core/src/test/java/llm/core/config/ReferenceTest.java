package llm.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import llm.core.telemetry.Level;
import llm.core.telemetry.TelemetrySettings;
import org.junit.jupiter.api.Test;

/** C-8: every key is documented, from the declarations themselves. */
class ReferenceTest {

  @Test
  void printsATablePerSectionFromWhatWasRead() {
    var main = Reference.ofMain("config.yml");
    var root = main.root();
    assertThat(root.isReference()).isTrue();
    assertThat(root.find(Setting.optionalPath("data_dir", "Where | files go."))).isEmpty();
    var server = root.section("server", "The listener.");
    assertThat(server.get(Setting.integer("port", 8000, 0, 9, "The\nport.").orEnvironment("PORT")))
        .isEqualTo(8000);
    server.reject("port", "is not judged here");
    var names = root.named("providers", "Kinds.");
    assertThat(names).hasSize(1);
    names.values().iterator().next().find(Setting.optionalSecret("api_key", "The key."));
    var keys = root.section("auth", "Nothing of its own.").entries("keys", "Who may.");
    assertThat(keys).hasSize(1);
    keys.getFirst().get(Setting.text("name", "", "Its name."));
    assertThat(root.section("lists", "Some.").list(Setting.integer("sizes", 1, 1, 9, "Many.")))
        .isEmpty();
    assertThat(root.section("lists", "Some.").map(Setting.choice("levels", Level.INFO, "By name.")))
        .isEmpty();

    var models = Reference.ofBeside("models.yml");
    models
        .root()
        .get(
            Setting.duration(
                "x_seconds", Duration.ofSeconds(2), Duration.ZERO, Duration.ofSeconds(9), "Time."));

    assertThat(Reference.markdown(List.of(main, models)))
        .startsWith("# Configuration\n")
        .endsWith(
            """

            ## `config.yml`

            ### Top level

            | key | type | default | environment | meaning |
            |---|---|---|---|---|
            | `data_dir` | path |  | `LLM_DATA_DIR` | Where \\| files go. |

            ### `server`

            The listener.

            | key | type | default | environment | meaning |
            |---|---|---|---|---|
            | `port` | integer, 0 to 9 | `8000` | `LLM_SERVER_PORT`, `PORT` | The port. |

            ### `providers.<name>`

            Kinds.

            | key | type | default | environment | meaning |
            |---|---|---|---|---|
            | `api_key` | secret: ${NAME} of the environment |  | `LLM_PROVIDERS_<NAME>_API_KEY` \
            | The key. |

            ### `auth.keys[]`

            Who may.

            | key | type | default | environment | meaning |
            |---|---|---|---|---|
            | `name` | text | (empty) |  | Its name. |

            ### `lists`

            Some.

            | key | type | default | environment | meaning |
            |---|---|---|---|---|
            | `sizes` | list of integer, 1 to 9 |  | `LLM_LISTS_SIZES` | Many. |
            | `levels` | map of names to debug \\| info \\| warn \\| error \\| audit |  \
            | `LLM_LISTS_LEVELS` | By name. |

            ## `models.yml`

            No flag and no variable sets the values of this file.

            ### Top level

            | key | type | default | meaning |
            |---|---|---|---|
            | `x_seconds` | seconds, 0 to 9 | `2` | Time. |

            """);
  }

  @Test
  void readingTheReferenceGivesTheDefaults() {
    assertThat(TelemetrySettings.read(Reference.ofMain("config.yml").root()))
        .isEqualTo(TelemetrySettings.DEFAULT);
  }
}
