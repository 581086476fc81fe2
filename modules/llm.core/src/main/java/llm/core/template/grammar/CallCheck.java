package llm.core.template.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import llm.core.schema.valid.InvalidSchema;
import llm.core.schema.valid.SchemaValidator;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.AnswerParser;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmException;

/**
 * Looks once more at calls that were held to a grammar: by the parser that takes them apart for the
 * caller, and by a validator of their schemas. Immutable; any thread.
 */
final class CallCheck implements Function<String, Optional<String>> {
  private final AnswerFormat format;
  private final List<ToolDefinition> tools;
  private final Map<String, SchemaValidator> schemas;

  private CallCheck(
      AnswerFormat format, List<ToolDefinition> tools, Map<String, SchemaValidator> schemas) {
    this.format = format;
    this.tools = tools;
    this.schemas = schemas;
  }

  /**
   * For calls of these tools.
   *
   * @param paths where their schemas stand in the request, by the tool's name; others are not
   *     called
   * @throws LlmException with {@code InvalidRequest} for a schema that nothing can be judged by
   */
  static CallCheck of(AnswerFormat format, List<ToolDefinition> tools, Map<String, String> paths)
      throws LlmException {
    Map<String, SchemaValidator> schemas = new HashMap<>();
    for (ToolDefinition tool : tools) {
      String path = paths.get(tool.name());
      if (path != null) {
        try {
          schemas.put(tool.name(), SchemaValidator.of(tool.parameters().value()));
        } catch (InvalidSchema invalid) {
          throw new LlmException(invalid.toError(path), invalid);
        }
      }
    }
    return new CallCheck(format, List.copyOf(tools), Map.copyOf(schemas));
  }

  /** What is wrong with a complete answer, in a client-safe phrase; empty for nothing. */
  @Override
  public Optional<String> apply(String text) {
    var parser = new AnswerParser(format, AnswerParser.Beginning.ANSWER, tools, () -> "");
    List<StreamEvent> events = new ArrayList<>(parser.push(text));
    events.addAll(parser.finish());
    if (parser.ended(FinishReason.STOP) != FinishReason.TOOL_CALLS) {
      return Optional.of("it is no whole call of a tool");
    }
    List<String> names = new ArrayList<>();
    List<StringBuilder> arguments = new ArrayList<>();
    for (StreamEvent event : events) {
      if (event instanceof StreamEvent.ToolCallStarted(int _, String _, String name)) {
        names.add(name);
        arguments.add(new StringBuilder());
      } else if (event instanceof StreamEvent.ToolArgumentsDelta(int _, String json)) {
        arguments.getLast().append(json);
      } else if (event instanceof StreamEvent.TextDelta) {
        return Optional.of("it holds text beside its calls");
      }
    }
    for (int i = 0; i < names.size(); i++) {
      Optional<String> problem = problem(names.get(i), arguments.get(i).toString());
      if (problem.isPresent()) {
        return problem;
      }
    }
    return Optional.empty();
  }

  private Optional<String> problem(String name, String arguments) {
    SchemaValidator schema = schemas.get(name);
    return schema == null
        ? Optional.of("it calls a tool that was not to be called")
        : schema
            .check(arguments)
            .map(violation -> "a call of '" + name + "': " + violation.message());
  }
}
