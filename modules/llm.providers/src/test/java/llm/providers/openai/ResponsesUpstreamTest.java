package llm.providers.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import llm.core.testkit.Gate;
import llm.core.testkit.Reply;
import llm.core.testkit.StreamCheck;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.StreamEvent.Done;
import llm.domain.chat.StreamEvent.ReasoningDelta;
import llm.domain.chat.StreamEvent.ReasoningSigned;
import llm.domain.chat.StreamEvent.Started;
import llm.domain.chat.StreamEvent.TextDelta;
import llm.domain.chat.StreamEvent.ToolArgumentsDelta;
import llm.domain.chat.StreamEvent.ToolCallStarted;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1 an upstream is asked by Responses over a real socket")
class ResponsesUpstreamTest {
  private static final String USAGE =
      "'usage':{'input_tokens':11,'input_tokens_details':{'cached_tokens':4},'output_tokens':5,"
          + "'output_tokens_details':{'reasoning_tokens':3},'total_tokens':16}";
  private static final String REASONING =
      "{'type':'reasoning','id':'rs','summary':[{'type':'summary_text','text':'hm'}],"
          + "'encrypted_content':'enc'}";
  private static final String MESSAGE =
      "{'type':'message','id':'m','role':'assistant','status':'completed','content':[{'type':"
          + "'output_text','text':'grüße','annotations':[]}]}";
  private static final String CALL =
      "{'type':'function_call','id':'fc','call_id':'c1','name':'f','arguments':'{}'}";
  private static final String COMPLETED =
      "{'type':'response.completed','sequence_number':9,'response':{'id':'r','object':'response',"
          + "'status':'completed','error':null,'incomplete_details':null,'output':["
          + REASONING
          + ","
          + MESSAGE
          + ","
          + CALL
          + "],"
          + USAGE
          + "}}";
  private static final List<StreamEvent> EVENTS =
      List.of(
          new Started("up/m"),
          new ReasoningDelta("hm"),
          new ReasoningSigned("enc", Dialect.OPENAI_RESPONSES),
          new TextDelta("grü"),
          new TextDelta("ße"),
          new ToolCallStarted(0, "c1", "f"),
          new ToolArgumentsDelta(0, "{}"),
          new Done(FinishReason.TOOL_CALLS, new Usage(11, 5, 4, 3)));

  private static Reply stream() {
    return named(
        "{'type':'response.created','response':{'status':'in_progress','output':[]}}",
        "{'type':'response.reasoning_summary_text.delta','output_index':0,'delta':'hm'}",
        "{'type':'response.output_item.done','output_index':0,'item':" + REASONING + "}",
        "{'type':'response.output_text.delta','output_index':1,'delta':'grü'}",
        "{'type':'response.output_text.delta','output_index':1,'delta':'ße'}",
        "{'type':'response.output_item.done','output_index':1,'item':" + MESSAGE + "}",
        "{'type':'response.output_item.added','output_index':2,'item':"
            + CALL.replace("{}", "")
            + "}",
        "{'type':'response.function_call_arguments.delta','output_index':2,'delta':'{}'}",
        "{'type':'response.output_item.done','output_index':2,'item':" + CALL + "}",
        COMPLETED);
  }

  @Test
  void aStreamIsReadWhereverItIsCut() throws LlmException {
    try (var up = Upstreams.named("api: responses").answer(stream(), stream().dripped())) {
      assertThat(up.stream()).containsExactlyElementsOf(EVENTS);
      assertThat(up.stream()).as("byte by byte").containsExactlyElementsOf(EVENTS);
      var asked = up.server.requests().stream().filter(r -> r.method().equals("POST")).toList();
      assertThat(asked).allMatch(request -> request.target().equals("/v1/responses"));
      assertThat(asked.getFirst().body())
          .isEqualTo(
              json(
                  "{'model':'m','input':[{'type':'message','role':'user','content':'hi'}],"
                      + "'store':false,'stream':true}"));
    }
  }

  @Test
  void aWholeAnswerIsTheSame() throws LlmException {
    String whole = COMPLETED.substring(COMPLETED.indexOf("'response':") + 11);
    var reply = Reply.ok("application/json", json(whole.substring(0, whole.length() - 1)));
    try (var up = Upstreams.named("api: responses").answer(reply)) {
      ChatResult result = up.provider.complete(Upstreams.ask("up/m"), up.call);
      assertThat(result.text()).isEqualTo("grüße");
      assertThat(result.thoughts()).hasSize(1);
      assertThat(result.thoughts().getFirst().signature()).contains("enc");
      assertThat(result.toolCalls()).hasSize(1);
      assertThat(result.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
      assertThat(result.usage()).isEqualTo(new Usage(11, 5, 4, 3));
    }
  }

  @Test
  void aStreamThatIsCutHasFailed() throws LlmException {
    Reply cut = stream();
    try (var up =
        Upstreams.named("api: responses").answer(cut.cutAfter(cut.byteCount() / 2).fin())) {
      assertThat(up.stream().getLast()).isInstanceOf(StreamEvent.Failed.class);
    }
  }

  @Test
  void errorsKeepTheirWordsAndTheirStatus() {
    var refused =
        Reply.whole(
            400,
            "application/json",
            json(
                "{'error':{'message':'Unsupported parameter: x','type':'invalid_request_error',"
                    + "'param':'x','code':'unsupported_parameter'}}"));
    var failed =
        named("{'type':'error','code':'rate_limit_exceeded','message':'slow down','param':null}");
    var tooLong =
        Reply.whole(
            400,
            "application/json",
            json(
                "{'error':{'message':'Your input exceeds the context window of this model.',"
                    + "'type':'invalid_request_error','param':'input',"
                    + "'code':'context_length_exceeded'}}"));
    try (var up = Upstreams.named("api: responses").answer(refused, failed, tooLong)) {
      assertThat(up.refusal())
          .isInstanceOfSatisfying(
              LlmError.ProviderRefused.class,
              error -> {
                assertThat(error.httpStatus()).isEqualTo(400);
                assertThat(error.upstreamCode()).contains("unsupported_parameter");
              });
      assertThat(last(up))
          .isInstanceOfSatisfying(
              LlmError.ProviderRefused.class,
              error -> assertThat(error.httpStatus()).isEqualTo(429));
      assertThat(up.refusal()).isInstanceOf(LlmError.ContextLengthExceeded.class);
    }
  }

  @Test
  void aCancelledCallClosesTheConnection() throws LlmException {
    var never = new Gate();
    Reply slow =
        Reply.chunkedHead("text/event-stream")
            .chunk(event("{'type':'response.output_text.delta','output_index':0,'delta':'a'}"))
            .pause(never)
            .awaitClose();
    try (var up = Upstreams.named("api: responses").answer(slow)) {
      var events = new ArrayList<StreamEvent>();
      try (var stream = up.provider.stream(Upstreams.ask("up/m"), up.call)) {
        events.add(stream.next());
        events.add(stream.next());
        up.call.cancel(CancelReason.USER);
        never.open();
        events.add(stream.next());
      }
      assertThat(events)
          .containsExactly(
              new Started("up/m"),
              new TextDelta("a"),
              new StreamEvent.Cancelled(CancelReason.USER, Usage.NONE));
    }
  }

  private static LlmError last(Upstreams up) {
    try {
      var end = StreamCheck.end(up.provider.stream(Upstreams.ask("up/m"), up.call));
      return ((StreamEvent.Failed) end).error();
    } catch (LlmException refused) {
      return refused.error();
    }
  }

  private static Reply named(String... events) {
    Reply reply = Reply.chunkedHead("text/event-stream; charset=utf-8");
    for (String event : events) {
      reply = reply.chunk(event(event));
    }
    return reply.lastChunk();
  }

  /** With the event's name beside its data, as OpenAI sends it. */
  private static String event(String data) {
    String type = data.substring(9, data.indexOf('\'', 9));
    return "event: " + type + "\ndata: " + json(data) + "\n\n";
  }

  static String json(String text) {
    return text.replace('\'', '"');
  }
}
