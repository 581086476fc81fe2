package llm.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageTest {
  private static final ToolCall CALL = new ToolCall("c1", "read_file", JsonText.EMPTY_OBJECT);

  @Test
  void isMadeForEachRole() {
    assertThat(Message.system("a").role()).isEqualTo(Role.SYSTEM);
    assertThat(Message.user("a").role()).isEqualTo(Role.USER);
    assertThat(Message.assistant("a").role()).isEqualTo(Role.ASSISTANT);
    assertThat(Message.assistant("", List.of(CALL)).toolCalls()).containsExactly(CALL);
    assertThat(Message.tool("c1", "a").toolCallId()).contains("c1");
    assertThat(Message.tool("c1", "a").role().wireName()).isEqualTo("tool");
  }

  @ParameterizedTest
  @EnumSource(
      value = Role.class,
      names = {"SYSTEM", "USER", "TOOL"})
  void callsToolsAsAnAssistantOnly(Role role) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Message(role, "", List.of(CALL), Optional.empty(), Optional.empty()))
        .withMessage("only an assistant message calls tools, not " + role.wireName());
  }

  @ParameterizedTest
  @CsvSource({"USER, c1", "SYSTEM, c1", "ASSISTANT, c1", "TOOL,"})
  void namesTheCallItAnswersAsAToolOnly(Role role, String callId) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new Message(role, "", List.of(), Optional.ofNullable(callId), Optional.empty()))
        .withMessage(
            "a tool message, and no other, names the call it answers (tool_call_id); role is "
                + role.wireName());
  }

  @Test
  void refusesABlankCallId() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Message.tool(" ", "a"))
        .withMessage("tool_call_id must not be blank");
  }

  @Test
  void keepsItsOwnCopyOfTheCalls() {
    var calls = new ArrayList<>(List.of(CALL));
    var message = Message.assistant("", calls);
    calls.clear();
    assertThat(message.toolCalls()).containsExactly(CALL);
    assertThatThrownBy(() -> message.toolCalls().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @CsvSource({"'', f, '', f", "c1, ' ', c1, ' '"})
  void refusesACallWithoutIdOrName(String id, String name, String shownId, String shownName) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ToolCall(id, name, JsonText.EMPTY_OBJECT))
        .withMessage(
            "tool call needs an id and a name, got '" + shownId + "' and '" + shownName + "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "git.diff", "a b", "имя"})
  void refusesToolNamesThatProvidersWouldRefuse(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tool(name))
        .withMessage("tool name '" + name + "' must match [A-Za-z0-9_-]{1,64}");
  }

  @Test
  void takesToolNamesOfUpTo64Characters() {
    assertThat(tool("x".repeat(64)).name()).hasSize(64);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tool("x".repeat(65)))
        .withMessageContaining("(65 characters) must match");
  }

  @Test
  void printsJsonTextAsItIs() {
    assertThat(JsonText.EMPTY_OBJECT).hasToString("{}");
  }

  private static ToolDefinition tool(String name) {
    return new ToolDefinition(name, Optional.empty(), JsonText.EMPTY_OBJECT);
  }
}
