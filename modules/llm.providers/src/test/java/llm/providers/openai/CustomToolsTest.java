package llm.providers.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Optional;
import llm.core.dialect.openai.ModelResolver;
import llm.core.dialect.openai.OpenAiRequestReader;
import llm.core.dialect.openai.OpenAiStreamWriter;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-2 tools that take text reach Chat Completions, and their calls come back")
class CustomToolsTest {
  private static final String TOOLS =
      "\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"sh\"}}]";
  private static final String CHOICE =
      "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"auto\","
          + "\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"sh\"}}]}}";
  private static final String CALLS =
      "\"tool_calls\":[{\"id\":\"c\",\"type\":\"custom\",\"custom\":{\"name\":\"sh\","
          + "\"input\":\"ls\"}}]";

  @Test
  void aTurnAndTheNextOne() throws Exception {
    var reply =
        ServerQuirksTest.sse(
            ServerQuirksTest.delta(
                "'role':'assistant','tool_calls':[{'index':0,'id':'c','type':'custom',"
                    + "'custom':{'name':'sh','input':''}}]"),
            ServerQuirksTest.delta("'tool_calls':[{'index':0,'custom':{'input':'ls'}}]"),
            ServerQuirksTest.finish("tool_calls"),
            "[DONE]");
    try (var up = Upstreams.named().answer(reply, reply.dripped(), reply)) {
      String user = "{\"role\":\"user\",\"content\":\"a\"}";
      for (int i = 0; i < 2; i++) {
        assertThat(told(up, read(user)))
            .contains(
                "\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"type\":\"custom\","
                    + "\"custom\":{\"name\":\"sh\",\"input\":\"\"}}]",
                "\"tool_calls\":[{\"index\":0,\"custom\":{\"input\":\"ls\"}}]",
                "\"finish_reason\":\"tool_calls\"");
      }
      String result = "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"x\"}";
      told(up, read(user + ",{\"role\":\"assistant\",\"content\":null," + CALLS + "}," + result));
      String sent = up.server.lastPost().body();
      assertThat(sent).contains(TOOLS, CHOICE, CALLS, "\"tool_call_id\":\"c\"");
    }
  }

  @Test
  void whoIsToldToolsInWordsTakesNone() throws Exception {
    String user = "{\"role\":\"user\",\"content\":\"a\"}";
    String called = user + ",{\"role\":\"assistant\"," + CALLS + "}";
    ChatRequest plain = read(called).withExtensions(Extensions.NONE);
    try (var up = Upstreams.named("tool_format: hermes")) {
      assertThat(refused(up, read(user))).isEqualTo("tools");
      assertThat(refused(up, plain)).isEqualTo("messages[1].tool_calls");
    }
  }

  private static String refused(Upstreams up, ChatRequest request) {
    LlmException refused =
        catchThrowableOfType(LlmException.class, () -> up.provider.stream(request, up.call));
    return ((LlmError.Unsupported) refused.error()).path();
  }

  private static String told(Upstreams up, ChatRequest request) throws Exception {
    var writer = new OpenAiStreamWriter("i", 1, "m", true);
    var sink = new ByteArrayOutputStream();
    var events = new ArrayList<StreamEvent>();
    try (var stream = up.provider.stream(request, up.call)) {
      do {
        events.add(stream.next());
        writer.write(events.getLast(), sink);
      } while (!(events.getLast() instanceof StreamEvent.Terminal));
    }
    return sink.toString(StandardCharsets.UTF_8);
  }

  private static ChatRequest read(String messages) throws Exception {
    String body =
        "{\"model\":\"up/m\"," + TOOLS + "," + CHOICE + ",\"messages\":[" + messages + "]}";
    return OpenAiRequestReader.read(
            body.getBytes(StandardCharsets.UTF_8),
            new ModelResolver() {
              @Override
              public ModelName resolve(Optional<String> asked) {
                return new ModelName(asked.orElseThrow());
              }

              @Override
              public Optional<Dialect> dialect(ModelName model) {
                return Optional.of(Dialect.OPENAI_CHAT);
              }
            })
        .request();
  }
}
