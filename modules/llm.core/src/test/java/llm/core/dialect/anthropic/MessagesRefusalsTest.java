package llm.core.dialect.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Optional;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-3: what POST /v1/messages refuses, and where")
class MessagesRefusalsTest {
  private static final String USER = "'messages':[{'role':'user','content':'Hi'}]";

  private static LlmError refused(String body, Optional<Dialect> dialect) {
    LlmException refusal =
        catchThrowableOfType(
            LlmException.class, () -> MessagesReaderTest.read(body.replace('\'', '"'), dialect));
    assertThat(refusal).as(body).isNotNull();
    return refusal.error();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "max_tokens                       | {USER}",
        "max_tokens                       | {USER,'max_tokens':0}",
        "messages                         | {'max_tokens':1}",
        "messages                         | {'max_tokens':1,'messages':[]}",
        "temperature                      | {USER,'max_tokens':1,'temperature':1.5}",
        "top_p                            | {USER,'max_tokens':1,'top_p':2}",
        "stop_sequences                   | {USER,'max_tokens':1,'stop_sequences':'a'}",
        "system                           | {USER,'max_tokens':1,'system':3}",
        "messages[0].role                 | {'max_tokens':1,'messages':[{'role':'tool','content':'a'}]}",
        "messages[0].content              | {'max_tokens':1,'messages':[{'role':'user'}]}",
        "messages[0].content[0].type      | {'max_tokens':1,'messages':[{'role':'user','content':[{}]}]}",
        "messages[0].content[0].text      | {'max_tokens':1,'messages':[{'role':'user','content':[{'type':'text'}]}]}",
        "messages[0].content[0]           | {'max_tokens':1,'messages':[{'role':'user','content':[{'type':'tool_use','id':'a','name':'b','input':{}}]}]}",
        "messages[0].content[0]           | {'max_tokens':1,'messages':[{'role':'assistant','content':[{'type':'tool_result','tool_use_id':'a'}]}]}",
        "messages[0].content[0].input     | {'max_tokens':1,'messages':[{'role':'assistant','content':[{'type':'tool_use','id':'a','name':'b','input':'x'}]}]}",
        "messages[0].content[0].source.type | {'max_tokens':1,'messages':[{'role':'user','content':[{'type':'image','source':{'type':'x'}}]}]}",
        "messages[0].content[0].source    | {'max_tokens':1,'messages':[{'role':'user','content':[{'type':'image','source':{'type':'url','url':'ftp://x'}}]}]}",
        "messages[0].content[0].content[0] | {'max_tokens':1,'messages':[{'role':'user','content':[{'type':'tool_result','tool_use_id':'a','content':[{'type':'tool_result','content':[{}]}]}]}]}",
        "tools[0].input_schema            | {USER,'max_tokens':1,'tools':[{'name':'f'}]}",
        "tools[0].name                    | {USER,'max_tokens':1,'tools':[{'input_schema':{}}]}",
        "tools[1]                         | {USER,'max_tokens':1,'tools':[{'name':'f','input_schema':{}},{'name':'f','input_schema':{}}]}",
        "tool_choice                      | {USER,'max_tokens':1,'tool_choice':{'type':'any'}}",
        "tool_choice                      | {USER,'max_tokens':1,'tool_choice':{'type':'x'}}",
        "tool_choice                      | {USER,'max_tokens':1,'tool_choice':{'type':'tool','name':'f'}}",
        "thinking.budget_tokens           | {USER,'max_tokens':1,'thinking':{'type':'enabled'}}",
        "thinking.budget_tokens           | {USER,'max_tokens':1,'thinking':{'type':'enabled','budget_tokens':0}}",
        "output_config.format             | {USER,'max_tokens':1,'output_config':{'format':{'type':'x'}}}",
        "output_format                    | {USER,'max_tokens':1,'output_config':{},'output_format':{'type':'json_schema','schema':{}}}",
      })
  void whatIsWrongIsNamed(String path, String body) {
    LlmError error = refused(body.replace("USER", USER), Optional.of(Dialect.ANTHROPIC));
    assertThat(error).isInstanceOf(LlmError.InvalidRequest.class);
    assertThat(((LlmError.InvalidRequest) error).path()).as(error.message()).contains(path.strip());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "container                     | {USER,'max_tokens':1,'container':'c'}",
        "mcp_servers                   | {USER,'max_tokens':1,'mcp_servers':[]}",
        "tools[0]                      | {USER,'max_tokens':1,'tools':[{'type':'bash_20250124','name':'bash'}]}",
        "tools[0].allowed_callers      | {USER,'max_tokens':1,'tools':[{'name':'f','input_schema':{},'allowed_callers':[]}]}",
        "thinking                      | {USER,'max_tokens':1,'thinking':{'type':'between_tools'}}",
        "output_config.effort          | {USER,'max_tokens':1,'output_config':{'effort':'colossal'}}",
        "messages[0].content[0]        | {'max_tokens':1,'messages':[{'role':'user','content':[{'type':'document'}]}]}",
        "messages[0].content[0].x      | {'max_tokens':1,'messages':[{'role':'user','content':[{'type':'text','text':'a','x':1}]}]}",
        "messages[0].content[0].content[0] | {'max_tokens':1,'messages':[{'role':'user','content':[{'type':'tool_result','tool_use_id':'a','content':[{'type':'search_result'}]}]}]}",
        "messages[1]                   | {'max_tokens':1,'messages':[{'role':'user','content':'a'},{'role':'assistant','content':'b'}]}",
      })
  void whatOnlyAnthropicDoesIsRefusedElsewhere(String path, String body) throws LlmException {
    String full = body.replace("USER", USER);
    for (Dialect other : new Dialect[] {Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES}) {
      LlmError error = refused(full, Optional.of(other));
      assertThat(error).isInstanceOf(LlmError.Unsupported.class);
      assertThat(((LlmError.Unsupported) error).path()).isEqualTo(path.strip());
    }
    MessagesReaderTest.read(full.replace('\'', '"'), Optional.of(Dialect.ANTHROPIC));
  }

  @Test
  void messagesAreHeldForNobody() throws LlmException {
    String body = "{USER,'max_tokens':1,'thread':{'type':'create'}}".replace("USER", USER);
    for (Dialect any : new Dialect[] {Dialect.ANTHROPIC, Dialect.OPENAI_CHAT}) {
      assertThat(refused(body, Optional.of(any)))
          .isInstanceOfSatisfying(
              LlmError.Unsupported.class, error -> assertThat(error.path()).isEqualTo("thread"));
    }
    String absent = body.replace("{'type':'create'}", "null").replace('\'', '"');
    assertThat(MessagesReaderTest.read(absent, Optional.empty()).extensions().isEmpty()).isTrue();
  }

  @Test
  void strictToolsNeedAnUpstream() throws LlmException {
    String body =
        "{USER,'max_tokens':1,'tools':[{'name':'f','input_schema':{},'strict':true}]}"
            .replace("USER", USER);
    assertThat(refused(body, Optional.empty())).isInstanceOf(LlmError.Unsupported.class);
    var request =
        MessagesReaderTest.read(body.replace('\'', '"'), Optional.of(Dialect.OPENAI_CHAT));
    assertThat(request.tools().getFirst().strict()).isTrue();
  }
}
