package llm.core.schema.grammar;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import tools.jackson.databind.exc.JsonNodeException;

/** What a validator of others says, which knows nothing of grammars; formats count. */
final class JudgeOfSchemas {
  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private final Schema schema;

  JudgeOfSchemas(String text) {
    schema = REGISTRY.getSchema(text, InputFormat.JSON);
  }

  /** What is wrong with the text; empty: nothing that it can judge. */
  String problems(String text) {
    try {
      var errors =
          schema.validate(
              text,
              InputFormat.JSON,
              context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
      return errors.isEmpty() ? "" : errors.toString();
    } catch (JsonNodeException beyondLong) {
      return ""; // it compares no number beyond 64 bits with a bound; that is its own limit
    }
  }
}
