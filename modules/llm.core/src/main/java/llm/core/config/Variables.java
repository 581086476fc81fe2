package llm.core.config;

import java.util.Map;
import java.util.Optional;

/** The environment and, behind it, {@code .env}. A variable that is blank counts as not set. */
record Variables(Map<String, String> environment, String envFile, Map<String, String> fileValues) {

  /** A value and where it is from, as {@code environment NAME} or {@code .env NAME}. */
  record Found(String text, String source) {}

  Optional<Found> find(String name) {
    return inEnvironment(name).or(() -> inFile(name));
  }

  Optional<Found> inEnvironment(String name) {
    return present(environment.get(name)).map(text -> new Found(text, "environment " + name));
  }

  Optional<Found> inFile(String name) {
    return present(fileValues.get(name)).map(text -> new Found(text, envFile + " " + name));
  }

  private static Optional<String> present(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }
}
