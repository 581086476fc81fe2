package llm.providers.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.openai.ModelResolver;
import llm.core.dialect.openai.OpenAiRequestReader;
import llm.core.dialect.openai.OpenAiStreamWriter;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-2 OpenRouter's reasoning_details come in pieces, are told, and go back whole")
class ReasoningDetailsTest {
  private static final String WHOLE =
      "[{\"type\":\"reasoning.text\",\"text\":\"first, then\",\"format\":\"anthropic-claude-v1\","
          + "\"index\":0,\"signature\":\"c2ln\"},"
          + "{\"type\":\"reasoning.encrypted\",\"data\":\"c2VjcmV0\",\"id\":\"rs_1\",\"index\":1}]";

  @Test
  void theyComeBackAsIfTheyHadComeWhole() throws Exception {
    var reply =
        ServerQuirksTest.sse(
            ServerQuirksTest.delta(
                "'role':'assistant','content':'','reasoning':'first','reasoning_details':[{'type':"
                    + "'reasoning.text','text':'first','format':'anthropic-claude-v1','index':0}]"),
            ServerQuirksTest.delta(
                "'reasoning':', then','reasoning_details':[{'type':'reasoning.text',"
                    + "'text':', then','format':'anthropic-claude-v1','index':0}]"),
            ServerQuirksTest.delta(
                "'reasoning_details':[{'type':'reasoning.text','signature':'c2ln','index':0}]"),
            ServerQuirksTest.delta(
                "'reasoning_details':[{'type':'reasoning.encrypted','data':'c2VjcmV0','id':'rs_1',"
                    + "'index':1}]"),
            ServerQuirksTest.delta("'content':'Hi'"),
            ServerQuirksTest.finish("stop"),
            "[DONE]");
    try (var up = Upstreams.named().answer(reply, reply.dripped(), reply)) {
      for (int i = 0; i < 2; i++) {
        String told = told(pulled(up, Upstreams.ask("up/m")));
        assertThat(told).contains("\"reasoning_details\":" + WHOLE);
      }
      pulled(up, next());
      String sent = up.server.lastPost().body();
      assertThat(sent).contains("\"reasoning_details\":" + WHOLE);
    }
  }

  private static List<StreamEvent> pulled(Upstreams up, ChatRequest request) throws Exception {
    var events = new ArrayList<StreamEvent>();
    try (var stream = up.provider.stream(request, up.call)) {
      do {
        events.add(stream.next());
      } while (!(events.getLast() instanceof StreamEvent.Terminal));
    }
    return events;
  }

  private static String told(List<StreamEvent> events) throws Exception {
    var writer = new OpenAiStreamWriter("i", 1, "m", true);
    var sink = new ByteArrayOutputStream();
    for (StreamEvent event : events) {
      writer.write(event, sink);
    }
    return sink.toString(StandardCharsets.UTF_8);
  }

  /** The caller's next turn, with the answer as it was told. */
  private static ChatRequest next() throws Exception {
    String body =
        "{\"model\":\"up/m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},"
            + "{\"role\":\"assistant\",\"content\":\"Hi\",\"reasoning_details\":"
            + WHOLE
            + "},{\"role\":\"user\",\"content\":\"b\"}]}";
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
