package llm.domain.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.chat.Usage;
import llm.domain.model.TokenLimit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("D-5 ResponseValidator")
class ResponseValidatorTest {
  private static final TokenLimit LIMIT = new TokenLimit(100);
  private static final ToolCall READ = call("c1", "read", "{\"path\":\"a\"}");
  private static final ToolCall WRITE = call("c2", "write", " {} \n");
  private static final List<ToolDefinition> OFFERED =
      List.of(
          new ToolDefinition("read", Optional.empty(), JsonText.EMPTY_OBJECT),
          new ToolDefinition("write", Optional.empty(), JsonText.EMPTY_OBJECT));

  private final ResponseValidator parallel = new ResponseValidator(ToolCallPolicy.PARALLEL);
  private final ResponseValidator sequential = new ResponseValidator(ToolCallPolicy.SEQUENTIAL);

  @Test
  void findsNothingAboutAGoodAnswer() {
    var report = parallel.validateResponse(answer("Hi", FinishReason.STOP), OFFERED, LIMIT);
    assertThat(report).isEqualTo(new ResponseReport(List.of()));
    assertThat(report.isValid()).isTrue();
  }

  @Test
  void warnsOfSeveralCallsWhereThePolicyIsSequential() {
    var answer = answer("", FinishReason.TOOL_CALLS, READ, WRITE);
    var report = sequential.validateResponse(answer, OFFERED, LIMIT);
    assertThat(report.isValid()).isTrue();
    assertThat(report.faults()).isEmpty();
    assertThat(report.warnings())
        .extracting(ResponseFinding::message)
        .containsExactly(
            "Multiple tool calls detected (2). Only the first one should be executed.");
  }

  @Test
  void takesSeveralCallsWhereThePolicyIsParallel() {
    var answer = answer("", FinishReason.TOOL_CALLS, READ, WRITE);
    assertThat(parallel.validateResponse(answer, OFFERED, LIMIT).findings()).isEmpty();
  }

  @Test
  void takesOneCallUnderEitherPolicy() {
    assertThat(sequential.validateToolCalls(List.of(READ), OFFERED)).isEmpty();
    assertThat(parallel.validateToolCalls(List.of(READ), OFFERED)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Hi  | STOP           | ''",
        "''  | STOP           | The answer has neither text nor a tool call.",
        "' ' | STOP           | The answer has neither text nor a tool call.",
        "Hi  | TOOL_CALLS     | The answer ended to call tools, but it calls none.",
        "Hi  | LENGTH         | The answer was cut at its token limit.",
        "Hi  | CONTENT_FILTER | The provider's content filter cut the answer.",
        "Hi  | ERROR          | The generation ended in an error.",
        "Hi  | UNKNOWN        | The answer ended for a reason that is not known here."
      })
  void judgesTheContentByTextAndFinishReason(String text, FinishReason reason, String finding) {
    assertThat(parallel.validateContent(answer(text, reason)))
        .extracting(ResponseFinding::message)
        .isEqualTo(finding.isEmpty() ? List.of() : List.of(finding));
  }

  @ParameterizedTest
  @ValueSource(strings = {"STOP", "TOOL_CALLS"})
  void needsNoTextBesideAToolCall(FinishReason reason) {
    assertThat(parallel.validateContent(answer("", reason, READ))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "null", "\"{}\"", "{\"path\":\"a", "\"a\":1}"})
  void refusesArgumentsThatAreNoObject(String arguments) {
    assertThat(parallel.validateToolCalls(List.of(call("c1", "read", arguments)), OFFERED))
        .containsExactly(new ResponseFinding.ArgumentsNotAnObject("c1", "read"))
        .extracting(ResponseFinding::message)
        .containsExactly("The arguments of call 'c1' of tool 'read' are not a JSON object.");
  }

  @Test
  void refusesRepeatedIdsAndToolsThatWereNotOffered() {
    var calls = List.of(READ, call("c1", "delete", "{}"));
    assertThat(parallel.validateToolCalls(calls, OFFERED))
        .extracting(ResponseFinding::message)
        .containsExactly(
            "Two tool calls have the id 'c1'.", "Tool 'delete' was called but not offered.");
  }

  @ParameterizedTest
  @CsvSource({
    "89, ''",
    "90, Only 10 of 100 tokens are left.",
    "100, Only 0 of 100 tokens are left.",
    "101, Prompt and answer took 101 tokens of 100."
  })
  void watchesTheTokens(int tokens, String finding) {
    assertThat(parallel.checkTokenUsage(Usage.of(tokens - 5, 5), LIMIT))
        .extracting(ResponseFinding::message)
        .isEqualTo(finding.isEmpty() ? List.of() : List.of(finding));
  }

  @Test
  void tellsFaultsFromWarnings() {
    var fault = new ResponseFinding.EmptyAnswer();
    var warning = new ResponseFinding.Truncated();
    var report = new ResponseReport(List.of(warning, fault, warning));
    assertThat(report.isValid()).isFalse();
    assertThat(report.faults()).containsExactly(fault);
    assertThat(report.warnings()).containsExactly(warning, warning);
    assertThat(new ResponseReport(List.of(warning)).isValid()).isTrue();
  }

  @Test
  void reportsContentThenCallsThenTokens() {
    var answer =
        new ChatResult(
            "mock",
            "",
            "",
            List.of(call("c1", "delete", "{}")),
            FinishReason.LENGTH,
            Usage.of(100, 1));
    assertThat(parallel.validateResponse(answer, OFFERED, LIMIT).findings())
        .containsExactly(
            new ResponseFinding.Truncated(),
            new ResponseFinding.UnknownTool("delete"),
            new ResponseFinding.LimitExceeded(101, 100));
  }

  private static ChatResult answer(String text, FinishReason reason, ToolCall... calls) {
    return new ChatResult("mock", text, "", List.of(calls), reason, Usage.of(10, 5));
  }

  private static ToolCall call(String id, String name, String arguments) {
    return new ToolCall(id, name, new JsonText(arguments));
  }
}
