package llm.core.dialect.trip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llm.core.dialect.anthropic.AnthropicResponses;
import llm.core.dialect.anthropic.AnthropicStreamWriter;
import llm.core.dialect.anthropic.upstream.MessageReader;
import llm.core.dialect.openai.OpenAiResponses;
import llm.core.dialect.openai.OpenAiStreamWriter;
import llm.core.dialect.openai.upstream.ChunkReader;
import llm.core.dialect.responses.Answer;
import llm.core.dialect.responses.Asked;
import llm.core.dialect.responses.ResponsesStreamWriter;
import llm.core.dialect.responses.upstream.ResponseReader;
import llm.core.dialect.upstream.AnswerReader;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@DisplayName(
    "P-2 what a dialect defines of an answer reaches a caller of that dialect, whole or not")
class EveryAnswerTest {
  private static final int ROUNDS = 400;

  /**
   * Another one by -Dllm.test.seed=…; the same each time without, since a run takes a part of all.
   */
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_121);

  private static final UpstreamFailures FAILURES = new UpstreamFailures("up");

  @Test
  void itemsOfResponses() throws LlmException, IOException {
    var defined =
        new Defined(
            "openai-responses.json",
            Set.of("ResponseReasoningItem.content", "ResponseOutputText.logprobs"));
    List<String> kinds =
        List.of(
            "ResponseOutputMessage",
            "ResponseReasoningItem",
            "ResponseFunctionToolCall",
            "ResponseFunctionWebSearch",
            "ResponseFileSearchToolCall",
            "ResponseCodeInterpreterToolCall",
            "ResponseInputItem.ImageGenerationCall");
    for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
      var random = new Random(seed);
      ObjectNode response = Defined.JSON.createObjectNode().put("status", "completed");
      ArrayNode output = response.putArray("output");
      for (int i = random.nextInt(5); i >= 0; i--) {
        ObjectNode item = defined.of(kinds.get(random.nextInt(kinds.size())), random);
        first(item, "content"); // one part is what there is
        JsonNode part = item.path("content").path(0);
        if (part.has("text")) {
          ((ObjectNode) part).set("logprobs", Defined.JSON.readTree(LOGPROBS));
        }
        output.add(item);
      }
      List<StreamEvent> events = events(new ResponseReader(FAILURES, () -> "made", true), response);
      Answer whole = answer();
      whole.addWhole(collected(events));
      var writer = new ResponsesStreamWriter(answer(), false);
      var sink = new ByteArrayOutputStream();
      for (StreamEvent event : events) {
        writer.write(event, sink);
      }
      JsonNode wanted = ours(output);
      JsonNode told = Defined.JSON.readTree(whole.json(false)).get("output");
      assertThat(ours(told)).as("seed " + seed).isEqualTo(wanted);
      List<JsonNode> frames = frames(sink);
      JsonNode streamed = frames.getLast().at("/response/output");
      assertThat(ours(streamed)).as("seed " + seed).isEqualTo(wanted);
      Answer pieces = answer();
      again(new ResponseReader(FAILURES, () -> "made", true), frames).forEach(pieces::add);
      JsonNode put = Defined.JSON.readTree(pieces.json(false)).get("output");
      assertThat(ours(put)).as("seed " + seed).isEqualTo(wanted);
    }
  }

  @Test
  void blocksOfMessages() throws LlmException, IOException {
    var defined = new Defined("anthropic.json", Set.of("TextBlockParam.cache_control"));
    List<String> kinds =
        List.of(
            "TextBlockParam",
            "ThinkingBlockParam",
            "RedactedThinkingBlockParam",
            "ToolUseBlockParam",
            "ServerToolUseBlockParam",
            "WebSearchToolResultBlockParam",
            "WebFetchToolResultBlockParam",
            "CodeExecutionToolResultBlockParam",
            "ToolSearchToolResultBlockParam",
            "ContainerUploadBlockParam");
    for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
      var random = new Random(seed);
      ObjectNode message = message();
      ArrayNode content = message.putArray("content");
      for (int i = random.nextInt(5); i >= 0; i--) {
        ObjectNode block = defined.of(kinds.get(random.nextInt(kinds.size())), random);
        block.remove(List.of("cache_control", "toolset_name")); // of requests
        content.add(block);
      }
      List<StreamEvent> events = events(new MessageReader(FAILURES, () -> "made"), message);
      JsonNode wanted = said(message);
      JsonNode whole =
          Defined.JSON.readTree(AnthropicResponses.message(collected(events), "msg_1"));
      assertThat(said(whole)).as("seed " + seed).isEqualTo(wanted);
      var writer = new AnthropicStreamWriter("msg_1", "req_1");
      var sink = new ByteArrayOutputStream();
      for (StreamEvent event : events) {
        writer.write(event, sink);
      }
      List<StreamEvent> again = again(new MessageReader(FAILURES, () -> "made"), frames(sink));
      JsonNode streamed =
          Defined.JSON.readTree(AnthropicResponses.message(collected(again), "msg_1"));
      assertThat(said(streamed)).as("seed " + seed).isEqualTo(wanted);
    }
  }

  @Test
  void messagesOfChatCompletions() throws LlmException, IOException {
    JsonNode completion =
        Defined.JSON.readTree(
            """
            {"choices":[{"index":0,"finish_reason":"stop","native_finish_reason":"end_turn",
             "message":{"role":"assistant","content":"so","reasoning_content":"hm","refusal":null,
              "reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"c2ln",
                "format":"anthropic-claude-v1","index":0}],
              "annotations":[{"type":"url_citation","url_citation":{"url":"https://x.example/1",
                "title":"t","start_index":0,"end_index":2}}]},
             "logprobs":{"content":%s,"refusal":null}}],
             "service_tier":"flex","system_fingerprint":"fp","provider":"p",
             "usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,"cost":0.5,
              "prompt_tokens_details":{"cached_tokens":2,"audio_tokens":0},
              "completion_tokens_details":{"reasoning_tokens":1,"audio_tokens":0,
               "accepted_prediction_tokens":1,"rejected_prediction_tokens":2}}}\
            """
                .formatted(LOGPROBS));
    var asked = SamplingOptions.builder().topLogprobs(1).build();
    List<StreamEvent> events =
        events(new ChunkReader(FAILURES, () -> "made").withLogprobs(), completion);
    var writer = new OpenAiStreamWriter("i", 1, "m", true).withLogprobs();
    var sink = new ByteArrayOutputStream();
    for (StreamEvent event : events) {
      writer.write(event, sink);
    }
    List<StreamEvent> again =
        again(new ChunkReader(FAILURES, () -> "made").withLogprobs(), frames(sink));
    for (List<StreamEvent> way : List.of(events, again)) {
      ObjectNode told =
          (ObjectNode)
              Defined.JSON.readTree(OpenAiResponses.completion(collected(way), asked, "i", 1));
      told.remove(List.of("id", "object", "created", "model"));
      assertThat(told).isEqualTo(completion);
    }
  }

  @Test
  void callsOfCustomTools() throws LlmException, IOException {
    JsonNode message =
        Defined.JSON.readTree(
            """
            {"role":"assistant","content":null,"refusal":null,"tool_calls":[
              {"id":"a","type":"custom","custom":{"name":"sh","input":"ls \\"é\\"\\n"}},
              {"id":"b","type":"function","function":{"name":"f","arguments":"{}"}},
              {"id":"c","type":"custom","custom":{"name":"sh","input":""}}]}\
            """);
    ObjectNode completion = Defined.JSON.createObjectNode();
    completion.putArray("choices").addObject().put("finish_reason", "stop").set("message", message);
    List<StreamEvent> events = events(custom(), completion);
    var writer = new OpenAiStreamWriter("i", 1, "m", false);
    var sink = new ByteArrayOutputStream();
    for (StreamEvent event : events) {
      writer.write(event, sink);
    }
    List<JsonNode> pieces =
        Stream.of(
                """
                [{"index":0,"id":"a","type":"custom","custom":{"name":"sh","input":""}}]
                [{"index":0,"custom":{"input":"ls \\"é"}}]
                [{"index":1,"id":"b","type":"function","function":{"name":"f","arguments":"{"}}]
                [{"index":0,"custom":{"input":"\\"\\n"}}]
                [{"index":1,"function":{"arguments":"}"}}]
                [{"index":2,"id":"c","type":"custom","custom":{"name":"sh","input":""}}]\
                """
                    .split("\n"))
            .map(calls -> "{\"choices\":[{\"delta\":{\"tool_calls\":" + calls + "}}]}")
            .map(Defined.JSON::readTree)
            .collect(Collectors.toCollection(ArrayList::new));
    pieces.add(Defined.JSON.readTree("{\"choices\":[{\"finish_reason\":\"tool_calls\"}]}"));
    for (List<StreamEvent> way :
        List.of(events, again(custom(), frames(sink)), again(custom(), pieces))) {
      ChatResult result = collected(way);
      assertThat(result.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
      byte[] told = OpenAiResponses.completion(result, SamplingOptions.DEFAULTS, "i", 1);
      assertThat(Defined.JSON.readTree(told).at("/choices/0/message")).isEqualTo(message);
    }
    assertThatThrownBy(() -> again(new ChunkReader(FAILURES, () -> "made"), pieces))
        .as("nobody asked for it")
        .isInstanceOf(LlmException.class);
  }

  private static ChunkReader custom() {
    return new ChunkReader(FAILURES, () -> "made").handingOn(true);
  }

  private static final String LOGPROBS =
      """
      [{"token":"so","logprob":-0.5,"bytes":[115,111],
        "top_logprobs":[{"token":"so","logprob":-0.5,"bytes":[115,111]}]}]\
      """;

  private static void first(ObjectNode item, String list) {
    while (item.path(list).size() > 1) {
      ((ArrayNode) item.get(list)).remove(1);
    }
  }

  private static Answer answer() {
    var identity = new Answer.Identity("resp_1", 1, false);
    return new Answer(identity, "m", new Asked(JsonText.EMPTY_OBJECT), true);
  }

  private static ObjectNode message() {
    return (ObjectNode)
        Defined.JSON.readTree(
            """
            {"type":"message","role":"assistant","model":"m","stop_reason":"pause_turn",
             "stop_sequence":null,"container":{"id":"c","expires_at":"x"},
             "usage":{"input_tokens":5,"output_tokens":3,"cache_creation_input_tokens":2,
              "cache_read_input_tokens":1,"service_tier":"priority",
              "cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":0},
              "server_tool_use":{"web_search_requests":1}}}\
            """);
  }

  /** Ids and statuses of what is ours are ours. */
  private static JsonNode ours(JsonNode output) {
    for (JsonNode item : output) {
      if (Set.of("message", "reasoning", "function_call")
          .contains(item.get("type").stringValue())) {
        ((ObjectNode) item).remove(List.of("id", "status"));
      }
    }
    return output;
  }

  private static JsonNode said(JsonNode message) {
    ((ObjectNode) message).remove("id");
    for (JsonNode block : message.get("content")) {
      boolean direct = block.path("caller").toString().equals("{\"type\":\"direct\"}");
      if (direct && Legal.is(block, "tool_use")) {
        ((ObjectNode) block).remove("caller");
      }
      if (block.path("citations").isNull()) {
        ((ObjectNode) block).remove("citations");
      }
    }
    return message;
  }

  private static List<StreamEvent> events(AnswerReader reader, JsonNode whole) throws LlmException {
    List<StreamEvent> events = new ArrayList<>();
    events.add(new StreamEvent.Started("m"));
    byte[] bytes = whole.toString().getBytes(StandardCharsets.UTF_8);
    reader.read(bytes, 0, bytes.length, events::add);
    events.add(reader.endWhole());
    return events;
  }

  private static List<StreamEvent> again(AnswerReader reader, List<JsonNode> frames)
      throws LlmException {
    List<StreamEvent> events = new ArrayList<>();
    events.add(new StreamEvent.Started("m"));
    for (JsonNode frame : frames) {
      byte[] bytes = frame.toString().getBytes(StandardCharsets.UTF_8);
      reader.read(bytes, 0, bytes.length, events::add);
    }
    events.add(reader.end());
    return events;
  }

  private static ChatResult collected(List<StreamEvent> events) throws LlmException {
    var collector = new ResultCollector("m");
    events.subList(0, events.size() - 1).forEach(collector::add);
    return collector.finish((StreamEvent.Terminal) events.getLast());
  }

  private static List<JsonNode> frames(ByteArrayOutputStream sink) {
    return sink.toString(StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> Defined.JSON.readTree(line.substring(6)))
        .toList();
  }
}
