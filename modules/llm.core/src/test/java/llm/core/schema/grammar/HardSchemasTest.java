package llm.core.schema.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import llm.core.schema.grammar.document.SchemaPaths;
import llm.core.testkit.grammar.GbnfMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The cases of hard-schemas.txt, each of which is also judged by a validator of others. */
class HardSchemasTest {
  private static final int FEWEST = 120;
  private static final int TEXTS = 20;

  /** A schema, the texts it lets through and does not, or where it is refused. */
  record Case(
      String title, String schema, List<String> good, List<String> bad, List<String> refused) {
    @Override
    public String toString() {
      return title;
    }
  }

  @Test
  void theTableIsLong() {
    assertThat(cases()).hasSizeGreaterThanOrEqualTo(FEWEST);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isHeldOrRefusedAsTheTableSays(Case hard) {
    var wrong = new ArrayList<String>();
    try {
      String gbnf = SchemaGrammar.of(hard.schema).gbnf();
      var machine = new GbnfMachine(gbnf);
      hard.good.stream().filter(text -> !machine.accepts(text)).forEach(wrong::add);
      hard.bad.stream().filter(machine::accepts).forEach(wrong::add);
      assertThat(wrong).as("taken for the opposite by%n%s", gbnf).isEmpty();
      assertThat(hard.refused).as("is to be refused, but is%n%s", gbnf).isEmpty();
      judge(hard, machine);
    } catch (UnsupportedSchema refusal) {
      assertThat(hard.refused).as(refusal.getMessage()).containsExactly(refusal.path());
      assertThat(SchemaPaths.exists(hard.schema, refusal.path())).as(refusal.path()).isTrue();
    }
  }

  /** Whether what the table and the grammar let through is valid for others too. */
  private static void judge(Case hard, GbnfMachine machine) {
    if (hard.schema.contains("additionalItems")) {
      return; // a keyword of earlier drafts, which the judge of 2020-12 does not take
    }
    var judge = new JudgeOfSchemas(hard.schema);
    var texts = new ArrayList<>(hard.good);
    var random = new Random(hard.title.hashCode());
    Stream.generate(() -> machine.walk(random)).limit(TEXTS).forEach(texts::add);
    for (String text : texts) {
      assertThat(judge.problems(text)).as(text).isEmpty();
    }
  }

  static List<Case> cases() {
    var cases = new ArrayList<Case>();
    Case open = null;
    boolean schemaNext = false;
    for (String line : (Iterable<String>) lines()::iterator) {
      if (line.startsWith("== ")) {
        open = new Case(line.substring(3), "", List.of(), List.of(), List.of());
        schemaNext = true;
      } else if (schemaNext) {
        open = new Case(open.title, line, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        cases.add(open);
        schemaNext = false;
      } else if (line.startsWith("+ ")) {
        open.good.add(line.substring(2));
      } else if (line.startsWith("- ")) {
        open.bad.add(line.substring(2));
      } else if (line.startsWith("! ")) {
        open.refused.add(line.substring(2));
      }
    }
    return cases;
  }

  private static Stream<String> lines() {
    try (InputStream in = HardSchemasTest.class.getResourceAsStream("hard-schemas.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
