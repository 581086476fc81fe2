package llm.core.testkit;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import llm.core.config.ConfigException;
import llm.core.config.ConfigProblem;
import llm.core.config.ConfigSources;
import llm.core.config.Configuration;
import llm.core.config.Section;

/** The real configuration from a test's text; problems call it {@code test.yml}. */
public final class TestConfig {
  private final Configuration configuration;

  private TestConfig(Configuration configuration) {
    this.configuration = configuration;
  }

  /** Defaults only. */
  public static TestConfig empty() {
    return yaml("");
  }

  /** The text, with nothing in the environment. */
  public static TestConfig yaml(String text) {
    return yaml(text, Map.of());
  }

  /** The text and an environment. */
  public static TestConfig yaml(String text, Map<String, String> environment) {
    try {
      return new TestConfig(
          Configuration.parse("test.yml", text, ConfigSources.of(environment, Path.of(""))));
    } catch (ConfigException refused) {
      throw new IllegalArgumentException(refused.getMessage(), refused);
    }
  }

  /** The root. */
  public Section root() {
    return configuration.root();
  }

  /** The section at a path, as {@code providers.mock}. */
  public Section section(String path) {
    Section section = root();
    for (String key : path.split("\\.")) {
      section = section.section(key, "");
    }
    return section;
  }

  /** What is wrong after reading, unknown keys included, as the user would see it. */
  public List<String> problems() {
    return configuration.problems().stream().map(ConfigProblem::toString).toList();
  }
}
