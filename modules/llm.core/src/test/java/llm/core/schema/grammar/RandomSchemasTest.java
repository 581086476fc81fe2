package llm.core.schema.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.Random;
import llm.core.schema.grammar.document.SchemaPaths;
import llm.core.testkit.grammar.GbnfMachine;
import llm.core.testkit.grammar.RandomSchemas;
import llm.core.testkit.grammar.RandomSchemas.Sizes;
import org.junit.jupiter.api.Test;

/**
 * Random schemas and random texts of their grammars, judged by a validator of others. {@code
 * llm.test.schemas} (500) and {@code llm.test.seed} say how many and which.
 */
class RandomSchemasTest {
  private static final int SCHEMAS = Integer.getInteger("llm.test.schemas", 500);
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);
  private static final int TEXTS = 12;

  @Test
  void whatAGrammarLetsThroughIsValidAndWhatIsRefusedIsNamed() {
    int accepted = 0;
    for (int i = 0; i < SCHEMAS; i++) {
      Sizes sizes = i % 2 == 0 ? Sizes.BOUNDED : Sizes.ANY;
      var random = new Random(SEED + i);
      String schema = RandomSchemas.of(random, sizes);
      String which = "llm.test.seed=" + (SEED + i - i % 2) + " " + schema;
      try {
        var machine = new GbnfMachine(SchemaGrammar.of(schema).gbnf());
        accepted++;
        var judge = new JudgeOfSchemas(schema);
        for (int j = 0; j < TEXTS; j++) {
          String text = machine.walk(random);
          assertThat(judge.problems(text)).as("%s%n%s", which, text).isEmpty();
        }
      } catch (UnsupportedSchema refusal) {
        assertThat(SchemaPaths.exists(schema, refusal.path()))
            .as("%s: %s", refusal.getMessage(), which)
            .isTrue();
      } catch (RuntimeException bug) {
        fail(which, bug);
      }
    }
    assertThat(accepted).as("accepted of " + SCHEMAS).isGreaterThanOrEqualTo(SCHEMAS * 6 / 10);
  }
}
