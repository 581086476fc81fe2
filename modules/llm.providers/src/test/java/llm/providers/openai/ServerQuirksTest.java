package llm.providers.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import llm.core.testkit.Reply;
import llm.core.testkit.StreamCheck;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.StreamEvent.Done;
import llm.domain.chat.StreamEvent.ReasoningDelta;
import llm.domain.chat.StreamEvent.TextDelta;
import llm.domain.chat.StreamEvent.ToolArgumentsDelta;
import llm.domain.chat.StreamEvent.ToolCallStarted;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Streams as the field's servers send them; each scenario stands for something that one of them
 * does and OpenAI does not. {@code C(…)} is a chunk with this choice.
 */
@DisplayName("P-1 the ways of each server end in the same events")
class ServerQuirksTest {
  private static final Usage USAGE = Usage.of(11, 5);
  private static final String COUNTED =
      "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5,\"total_tokens\":16}";

  static Stream<Arguments> scenarios() {
    return Stream.of(
        row(
            "openai: role first, usage last",
            sse(
                delta("'role':'assistant','content':'','refusal':null"),
                delta("'content':'Hi'"),
                finish("stop"),
                "{\"choices\":[]," + COUNTED + "}",
                "[DONE]"),
            new TextDelta("Hi"),
            done(FinishReason.STOP, USAGE)),
        row(
            "openai: filter results before the choice, obfuscation",
            sse(
                "{\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}",
                delta("'content':'Hi'"),
                finish("content_filter"),
                "[DONE]"),
            new TextDelta("Hi"),
            done(FinishReason.CONTENT_FILTER, Usage.NONE)),
        row(
            "ollama: role and text in every chunk, no usage",
            sse(
                delta("'role':'assistant','content':'H'"),
                delta("'role':'assistant','content':'i'"),
                choice("{'role':'assistant','content':''}", "'stop'"),
                "[DONE]"),
            new TextDelta("H"),
            new TextDelta("i"),
            done(FinishReason.STOP, Usage.NONE)),
        row(
            "ollama: thinking under 'reasoning'",
            sse(
                delta("'role':'assistant','content':'','reasoning':'hm'"),
                delta("'content':'Hi'"),
                finish("stop"),
                "[DONE]"),
            new ReasoningDelta("hm"),
            new TextDelta("Hi"),
            done(FinishReason.STOP, Usage.NONE)),
        row(
            "ollama: calls whole, each with index 0, ended by stop",
            sse(
                tools(
                    "{'id':'call_1','index':0,'type':'function','function':{'name':'f',"
                        + "'arguments':'{}'}}"),
                tools(
                    "{'id':'call_2','index':0,'type':'function','function':{'name':'g',"
                        + "'arguments':'{}'}}"),
                finish("stop"),
                "[DONE]"),
            new ToolCallStarted(0, "call_1", "f"),
            new ToolArgumentsDelta(0, "{}"),
            new ToolCallStarted(1, "call_2", "g"),
            new ToolArgumentsDelta(1, "{}"),
            done(FinishReason.TOOL_CALLS, Usage.NONE)),
        row(
            "ollama (before 0.5): calls without index",
            sse(
                tools(
                    "{'id':'call_1','type':'function','function':{'name':'f',"
                        + "'arguments':'{}'}}"),
                finish("stop"),
                "[DONE]"),
            new ToolCallStarted(0, "call_1", "f"),
            new ToolArgumentsDelta(0, "{}"),
            done(FinishReason.TOOL_CALLS, Usage.NONE)),
        row(
            "vllm: usage in every chunk, reasoning twice",
            sse(
                with(
                    delta("'reasoning':'hm','reasoning_content':'hm'"),
                    "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":1,\"total_tokens\":12}"),
                with(delta("'content':'Hi'"), COUNTED),
                finish("stop"),
                "[DONE]"),
            new ReasoningDelta("hm"),
            new TextDelta("Hi"),
            done(FinishReason.STOP, USAGE)),
        row(
            "vllm: stop_reason and token_ids beside the reason",
            sse(
                delta("'content':'Hi'"),
                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"logprobs\":null,"
                    + "\"finish_reason\":\"length\",\"stop_reason\":128009,\"token_ids\":null}]}",
                "[DONE]"),
            new TextDelta("Hi"),
            done(FinishReason.LENGTH, Usage.NONE)),
        row(
            "vllm: fragments repeat id, type and name",
            sse(
                tools("{'id':'c','type':'function','index':0,'function':{'name':'f'}}"),
                tools(
                    "{'id':'c','type':'function','index':0,'function':{'name':'f',"
                        + "'arguments':'{'}}"),
                tools("{'index':0,'function':{'arguments':'}'}}"),
                finish("tool_calls"),
                "[DONE]"),
            new ToolCallStarted(0, "c", "f"),
            new ToolArgumentsDelta(0, "{"),
            new ToolArgumentsDelta(0, "}"),
            done(FinishReason.TOOL_CALLS, Usage.NONE)),
        row(
            "lm studio: later fragments have empty names",
            sse(
                tools(
                    "{'index':0,'id':'9','type':'function','function':{'name':'f',"
                        + "'arguments':''}}"),
                tools("{'index':0,'type':'function','function':{'name':'','arguments':'{}'}}"),
                finish("tool_calls"),
                "[DONE]"),
            new ToolCallStarted(0, "9", "f"),
            new ToolArgumentsDelta(0, "{}"),
            done(FinishReason.TOOL_CALLS, Usage.NONE)),
        row(
            "lm studio: CRLF, no blank after the colon",
            chunkedText(
                "data:"
                    + delta("'content':'Hi'")
                    + "\r\n\r\ndata:"
                    + finish("stop")
                    + "\r\n\r\ndata:[DONE]\r\n\r\n"),
            new TextDelta("Hi"),
            done(FinishReason.STOP, Usage.NONE)),
        row(
            "llama-server: null content first, usage and timings with the end",
            sse(
                choice("{'role':'assistant','content':null}", "null"),
                delta("'content':'Hi'"),
                with(finish("stop"), "\"timings\":{\"predicted_ms\":1.25}," + COUNTED),
                "[DONE]"),
            new TextDelta("Hi"),
            done(FinishReason.STOP, USAGE)),
        row(
            "llama-server: half a character in each of two chunks",
            sse(
                delta("'content':'\\ud83d'"),
                delta("'content':'\\ude00'"),
                finish("stop"),
                "[DONE]"),
            new TextDelta("\ud83d"),
            new TextDelta("\ude00"),
            done(FinishReason.STOP, Usage.NONE)),
        row(
            "openrouter: comments while it waits, native reason",
            chunkedText(
                ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\ndata: "
                    + delta("'role':'assistant','content':'Hi'")
                    + "\n\n: ping\n\ndata: "
                    + "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},"
                    + "\"finish_reason\":\"stop\",\"native_finish_reason\":\"end_turn\"}]}\n\n"
                    + "data: {\"choices\":[],"
                    + COUNTED
                    + "}\n\ndata: [DONE]\n\n"),
            new TextDelta("Hi"),
            done(FinishReason.STOP, USAGE)),
        row(
            "together: ends with eos, usage in the last chunk",
            sse(delta("'content':'Hi','token_id':1"), with(finish("eos"), COUNTED), "[DONE]"),
            new TextDelta("Hi"),
            done(FinishReason.STOP, USAGE)),
        row(
            "any: the end without [DONE]",
            sse(delta("'content':'Hi'"), finish("stop")),
            new TextDelta("Hi"),
            done(FinishReason.STOP, Usage.NONE)),
        row(
            "any: [DONE] without a finish reason",
            sse(delta("'content':'Hi'"), "[DONE]"),
            new TextDelta("Hi"),
            done(FinishReason.STOP, Usage.NONE)),
        row(
            "any: a whole completion where a stream was asked for",
            Reply.ok(
                "application/json",
                "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\","
                    + "\"reasoning_content\":\"hm\"},\"finish_reason\":\"stop\"}],"
                    + COUNTED
                    + "}"),
            new ReasoningDelta("hm"),
            new TextDelta("Hi"),
            done(FinishReason.STOP, USAGE)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scenarios")
  void theSameEvents(String name, Reply reply, List<StreamEvent> expected) throws LlmException {
    try (var up = Upstreams.named().answer(reply, reply, reply.dripped())) {
      assertThat(pulled(up)).containsExactlyElementsOf(expected);
      assertThat(pulled(up)).as("the connection is used again").containsExactlyElementsOf(expected);
      assertThat(up.server.requests().stream().filter(r -> r.method().equals("POST")))
          .allMatch(r -> r.connection() <= 2, "on the connections there are");
      assertThat(pulled(up)).as("byte by byte").containsExactlyElementsOf(expected);
    }
  }

  /** What a server says of an answer beside is its own. */
  private static StreamEvent common(StreamEvent event) {
    return event instanceof Done end ? new Done(end.finishReason(), end.usage()) : event;
  }

  /** The gateway puts halves of characters together, so they are let through here. */
  private static List<StreamEvent> pulled(Upstreams up) throws LlmException {
    var events = new ArrayList<StreamEvent>();
    try (var stream = up.provider.stream(Upstreams.ask("up/m"), up.call)) {
      do {
        events.add(common(stream.next()));
      } while (!(events.getLast() instanceof StreamEvent.Terminal));
    }
    assertThat(StreamCheck.text(events)).isNotNull();
    return events;
  }

  private static Arguments row(String name, Reply reply, StreamEvent... events) {
    var all = new ArrayList<StreamEvent>();
    all.add(new StreamEvent.Started("up/m"));
    all.addAll(List.of(events));
    return Arguments.of(name, reply, all);
  }

  private static StreamEvent done(FinishReason reason, Usage usage) {
    return new StreamEvent.Done(reason, usage);
  }

  static Reply sse(String... data) {
    return Reply.events(data);
  }

  private static Reply chunkedText(String text) {
    return Reply.chunked("text/event-stream; charset=utf-8", text);
  }

  static String delta(String fields) {
    return choice("{" + fields + "}", "null");
  }

  static String finish(String reason) {
    return choice("{}", "'" + reason + "'");
  }

  private static String tools(String fragments) {
    return delta("'tool_calls':[" + fragments + "]");
  }

  private static String choice(String delta, String finish) {
    return ("{'id':'c-1','object':'chat.completion.chunk','created':1,'model':'m','choices':["
            + "{'index':0,'delta':"
            + delta
            + ",'finish_reason':"
            + finish
            + "}]}")
        .replace('\'', '"');
  }

  /** The chunk with one more field. */
  private static String with(String chunk, String field) {
    return chunk.substring(0, chunk.length() - 1) + "," + field + "}";
  }
}
