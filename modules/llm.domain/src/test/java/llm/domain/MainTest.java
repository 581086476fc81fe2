package llm.domain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.module.ModuleDescriptor.Requires;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import llm.domain.interaction.LlmEvent;
import llm.domain.port.CountingIds;
import llm.domain.port.SettableTime;
import llm.domain.text.JsonSyntax;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

@DisplayName("C-11, D-7 the sandbox and the module")
class MainTest {
  private static final List<String> LINES = sandbox();

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<Integer> exits = new ArrayList<>();

  @Test
  @ResourceLock(Resources.SYSTEM_OUT)
  void printsJsonLinesInUtf8AndNothingElse() {
    PrintStream before = System.out;
    System.setOut(new PrintStream(out, true, UTF_8));
    try {
      Main.main(new String[0]);
    } finally {
      System.setOut(before);
    }
    assertThat(out.toString(UTF_8).lines())
        .hasSizeGreaterThan(40)
        .allMatch(line -> JsonSyntax.firstError(line) == -1)
        .allMatch(line -> line.startsWith("{\"ts\":\"20"))
        .anyMatch(line -> line.contains("да"));
  }

  @Test
  void showsEveryDomainEvent() {
    for (Class<?> kind : LlmEvent.class.getPermittedSubclasses()) {
      assertThat(LINES)
          .anyMatch(line -> line.contains("\"event\":\"" + kind.getSimpleName() + "\""));
    }
  }

  @Test
  void showsWhatIsRefusedAndWhy() {
    assertThat(LINES)
        .anyMatch(line -> line.contains("temperature 2.5 must be 0.0 to 2.0"))
        .anyMatch(line -> line.contains("token limit -100 must be at least 1"))
        .anyMatch(line -> line.contains("prompt template has no value for example"))
        .anyMatch(line -> line.contains("\"code\":\"context_length_exceeded\""))
        .anyMatch(line -> line.contains("cannot become COMPLETED, it has ended"))
        .anyMatch(line -> line.contains("Multiple tool calls detected (2). Only the first one"));
  }

  @Test
  void isTheSameEachTimeButForIdsAndTimes() {
    assertThat(sandbox()).isEqualTo(LINES);
  }

  @Test
  void saysWhatItDoes() {
    run("--help");
    assertThat(out.toString(UTF_8)).startsWith("Usage: java -m llm.domain [--help]");
    assertThat(exits).isEmpty();
  }

  @Test
  void refusesArgumentsItDoesNotKnow() {
    run("--frobnicate");
    assertThat(err.toString(UTF_8))
        .isEqualToIgnoringNewLines(
            "llm.domain: unknown arguments [--frobnicate]; --help says what there is");
    assertThat(out.toString(UTF_8)).isEmpty();
    assertThat(exits).containsExactly(2);
  }

  @Test
  void needsNothingButTheJdk() {
    assertThat(Main.class.getModule().getDescriptor().requires())
        .extracting(Requires::name)
        .containsExactly("java.base");
  }

  private void run(String... args) {
    Main.run(
        Arrays.asList(args),
        new PrintStream(out, true, UTF_8),
        new PrintStream(err, true, UTF_8),
        exits::add);
  }

  private static List<String> sandbox() {
    var lines = new ArrayList<String>();
    new Sandbox(new SettableTime(), new CountingIds(), lines::add).run();
    return lines;
  }
}
