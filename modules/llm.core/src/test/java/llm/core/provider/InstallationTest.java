package llm.core.provider;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The image's own folder is looked for in an image: {@code tools/clients/image.sh} checks that. */
class InstallationTest {
  private static final String PROPERTY = "llm.home";

  private String before;

  @BeforeEach
  void remember() {
    before = System.clearProperty(PROPERTY);
  }

  @AfterEach
  void restore() {
    if (before == null) {
      System.clearProperty(PROPERTY);
    } else {
      System.setProperty(PROPERTY, before);
    }
  }

  @Test
  void thereIsNoneWhenTheProgramRunsFromAModulePath() {
    assertThat(Installation.home()).isEmpty();
  }

  @Test
  void thePropertyNamesIt() {
    System.setProperty(PROPERTY, "/opt/llm");

    assertThat(Installation.home()).contains(Path.of("/opt/llm"));
  }
}
