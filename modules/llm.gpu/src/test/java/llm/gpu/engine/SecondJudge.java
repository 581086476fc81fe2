package llm.gpu.engine;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import tools.jackson.databind.exc.JsonNodeException;

/** What a validator of others says of an answer, formats included. */
final class SecondJudge {
  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private final Schema schema;

  SecondJudge(String text) {
    this.schema = REGISTRY.getSchema(text, InputFormat.JSON);
  }

  /** What is wrong with {@code answer}; empty for nothing that it can judge. */
  String problems(String answer) {
    try {
      var found =
          schema.validate(
              answer,
              InputFormat.JSON,
              context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
      return found.isEmpty() ? "" : found.toString();
    } catch (JsonNodeException beyondLong) {
      return ""; // it compares no number beyond 64 bits with a bound
    }
  }
}
