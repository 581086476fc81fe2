package llm.core.dialect.openai.upstream;

import static llm.core.dialect.openai.upstream.Chunks.bytes;
import static llm.core.dialect.openai.upstream.Chunks.events;
import static llm.core.dialect.openai.upstream.Chunks.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import llm.core.testkit.Fuzz;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.StreamEvent.ToolArgumentsDelta;
import llm.domain.chat.StreamEvent.ToolCallStarted;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-2 chunks of an upstream become events")
class ChunkReaderTest {
  private static final String STOP = choice("{}", "\"stop\"");

  @Test
  void reasoningAndTextOfOneChunkComeInThatOrder() {
    String both =
        choice("{\"content\":\"b\",\"reasoning\":\"a\",\"reasoning_content\":\"a\"}", "null");
    assertThat(events(both, STOP))
        .containsExactly(new StreamEvent.ReasoningDelta("a"), text("b"), done(FinishReason.STOP));
  }

  @Test
  void logProbabilitiesAreReadWhereTheyWereAskedForAlone() throws LlmException {
    byte[] chunk = bytes(Chunks.WITH_LOGPROBS);
    var seen = new ArrayList<StreamEvent>();
    Chunks.reader().read(chunk, 0, chunk.length, seen::add);
    Chunks.reader().withLogprobs().read(chunk, 0, chunk.length, seen::add);
    var top = List.of(TokenLogprob.Top.of(bytes(" a"), -.5), TokenLogprob.Top.of(bytes("b"), -2));
    assertThat(seen)
        .containsExactly(
            text(" a"),
            new StreamEvent.TextDelta(" a", List.of(TokenLogprob.of(bytes(" a"), -.5, top))));
  }

  @Test
  void logProbabilitiesOfARefusalAreThoseOfItsText() throws LlmException {
    assertThat(logprobs("{\"content\":null,\"refusal\":[{\"token\":\"No\",\"logprob\":-1}]}"))
        .containsExactly(new TokenLogprob("No", -1, List.of(), List.of()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | ",
        "\"none\" | ",
        "{\"content\":{}} | ",
        "{\"tokens\":[\"a\"],\"token_logprobs\":[-1]} | ",
        "{\"content\":[5,null,{},{\"token\":5,\"logprob\":-1}]} | ",
        "{\"content\":[{\"token\":\"a\"},{\"token\":\"a\",\"logprob\":\"-1\"}]} | ",
        "{\"content\":[{\"token\":\"a\",\"logprob\":1e-9}]} | 0.0",
        "{\"content\":[{\"token\":\"a\",\"logprob\":-1e999}]} | -9999.0",
        "{\"content\":[{\"token\":\"a\",\"logprob\":-1,\"bytes\":[97,256]}]} | -1.0",
        "{\"content\":[{\"token\":\"a\",\"logprob\":-1,\"bytes\":[9999999999999]}]} | -1.0",
        "{\"content\":[{\"token\":\"a\",\"logprob\":-1,\"top_logprobs\":[{}, 5]}]} | -1.0"
      })
  void whatAreNoLogProbabilitiesCountsAsAbsent(String logprobs, Double expected)
      throws LlmException {
    var tokens = logprobs(logprobs);
    assertThat(tokens).hasSize(expected == null ? 0 : 1);
    for (TokenLogprob token : tokens) {
      assertThat(token).isEqualTo(new TokenLogprob("a", expected, List.of(), List.of()));
    }
  }

  private static List<TokenLogprob> logprobs(String value) throws LlmException {
    byte[] chunk =
        bytes("{\"choices\":[{\"delta\":{\"content\":\"x\"},\"logprobs\":" + value + "}]}");
    var seen = new ArrayList<StreamEvent>();
    Chunks.reader().withLogprobs().read(chunk, 0, chunk.length, seen::add);
    return ((StreamEvent.TextDelta) seen.getFirst()).logprobs();
  }

  @Test
  void aRefusalIsText() {
    assertThat(events(choice("{\"refusal\":\"I must not.\"}", "null"), STOP))
        .containsExactly(
            new StreamEvent.RefusalStarted(), text("I must not."), done(FinishReason.STOP));
  }

  @Test
  void usageCountsWhereverItComes() {
    var usage = new Usage(9, 3, 4, 2);
    String last = Chunks.UNUSUAL.get(1);
    assertThat(events(STOP, last)).containsExactly(new StreamEvent.Done(FinishReason.STOP, usage));
    String early =
        "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":1,"
            + "\"completion_tokens\":1,\"total_tokens\":2}}";
    assertThat(events(early, STOP, last).getLast())
        .isEqualTo(new StreamEvent.Done(FinishReason.STOP, usage));
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"prompt_tokens\":5,\"completion_tokens\":7,\"total_tokens\":12,"
        + "\"prompt_cache_hit_tokens\":3}', 5, 7, 3, 0",
    "'{\"prompt_tokens\":5,\"total_tokens\":12}', 5, 7, 0, 0",
    "'{\"prompt_tokens\":-5,\"completion_tokens\":7.5,\"total_tokens\":9}', 0, 9, 0, 0",
    "'{\"prompt_tokens\":3,\"completion_tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":9},"
        + "\"completion_tokens_details\":{\"reasoning_tokens\":9}}', 3, 2, 3, 2",
    "'{\"prompt_tokens\":99999999999,\"completion_tokens\":2}', 2147483647, 2, 0, 0",
    "'{}', 0, 0, 0, 0"
  })
  void countsThatCannotBeAreBroughtIntoRange(String usage, int in, int out, int cached, int think) {
    assertThat(events(STOP, "{\"choices\":[],\"usage\":" + usage + "}").getLast())
        .isEqualTo(new StreamEvent.Done(FinishReason.STOP, new Usage(in, out, cached, think)));
  }

  @ParameterizedTest
  @CsvSource({
    "stop, STOP",
    "eos, STOP",
    "end_turn, STOP",
    "length, LENGTH",
    "max_tokens, LENGTH",
    "tool_calls, TOOL_CALLS",
    "function_call, TOOL_CALLS",
    "content_filter, CONTENT_FILTER",
    "something_new, UNKNOWN"
  })
  void endsInItsOwnWordsAreUnderstood(String wire, FinishReason reason) {
    assertThat(events(choice("{\"content\":\"a\"}", "\"" + wire + "\"")).getLast())
        .isEqualTo(done(reason));
  }

  @ParameterizedTest
  @CsvSource({"error", "abort", "insufficient_system_resource"})
  void anEndThatIsAFailureIsTold(String wire) {
    assertThat(failure(choice("{\"content\":\"a\"}", "\"" + wire + "\"")))
        .contains("finish reason '" + wire + "'");
  }

  @Test
  void aStreamThatOnlyStopsHasFailed() {
    assertThat(failure(choice("{\"content\":\"a\"}", "null"))).contains("in the middle");
    assertThat(failure()).contains("without an answer");
    assertThat(failure("[DONE]")).as("some end so when they fail").contains("without an answer");
  }

  @Test
  void eitherAFinishReasonOrTheMarkIsAnEnd() {
    String a = choice("{\"content\":\"a\"}", "null");
    assertThat(events(a, "[DONE]").getLast()).isEqualTo(done(FinishReason.STOP));
    assertThat(events(a, "[DONE] ").getLast()).isEqualTo(done(FinishReason.STOP));
    assertThat(events(a, STOP).getLast()).isEqualTo(done(FinishReason.STOP));
    assertThat(events(a, choice("{}", "\"length\""), choice("{}", "\"\"")).getLast())
        .as("an empty reason is none")
        .isEqualTo(done(FinishReason.LENGTH));
  }

  @Test
  void fragmentsOfToolCallsFindTheirCalls() {
    assertThat(
            events(
                tools("{'index':0,'id':'a','function':{'name':'f','arguments':''}}"),
                tools("{'index':0,'function':{'arguments':'{1'}}"),
                tools(
                    "{'index':1,'id':'b','function':{'name':'g','arguments':'{'}},"
                        + "{'index':0,'id':'a','function':{'name':'f','arguments':'}'}}"),
                tools("{'index':1,'id':'','function':{'name':'','arguments':'}'}}"),
                STOP))
        .containsExactly(
            new ToolCallStarted(0, "a", "f"),
            new ToolArgumentsDelta(0, "{1"),
            new ToolCallStarted(1, "b", "g"),
            new ToolArgumentsDelta(1, "{"),
            new ToolArgumentsDelta(0, "}"),
            new ToolArgumentsDelta(1, "}"),
            done(FinishReason.TOOL_CALLS));
  }

  @Test
  void callsWithoutIndexOrWithOneIndexForAllAreKeptApart() {
    String f = "'function':{'name':'f','arguments':'{}'}";
    String g = "'function':{'name':'g','arguments':'{}'}";
    assertThat(events(tools("{'id':'a'," + f + "},{'id':'b'," + f + "}"), STOP))
        .contains(new ToolCallStarted(0, "a", "f"), new ToolCallStarted(1, "b", "f"));
    assertThat(
            events(
                tools("{'index':0,'id':'a'," + f + "}"),
                tools("{'index':0,'id':'b'," + f + "}"),
                STOP))
        .contains(new ToolCallStarted(0, "a", "f"), new ToolCallStarted(1, "b", "f"));
    assertThat(events(tools("{" + f + "},{" + g + "}"), STOP))
        .as("ids are made")
        .contains(new ToolCallStarted(0, "made-0", "f"), new ToolCallStarted(1, "made-1", "g"));
    assertThat(
            events(
                tools("{'id':'a'," + f.replace("{}", "{") + "}"),
                tools("{'function':{'arguments':'}'}}"),
                STOP))
        .as("what names no call goes on with the last")
        .contains(new ToolArgumentsDelta(0, "{"), new ToolArgumentsDelta(0, "}"));
  }

  @Test
  void argumentsAsAnObjectAndANameThatComesLaterAreTaken() {
    assertThat(
            events(
                tools("{'index':0,'id':'a'}"),
                tools("{'index':0,'function':{'name':'f','arguments':{'x':[1, 2]}}}"),
                STOP))
        .containsExactly(
            new ToolCallStarted(0, "a", "f"),
            new ToolArgumentsDelta(0, "{\"x\":[1, 2]}"),
            done(FinishReason.TOOL_CALLS));
    assertThat(failure(tools("{'index':0,'id':'a'}"), STOP)).contains("without the tool's name");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'error':{'message':'boom','type':'server_error','param':null,'code':null}} | boom",
        "{'error':'boom'} | boom",
        "{'error':'boom','error_type':'generation'} | boom",
        "{'error':{'message':'boom'},'message':'other'} | boom",
        "{'object':'error','message':'boom','type':'BadRequestError','param':null} | boom",
        "{'detail':'boom'} | boom",
        "{'detail':[{'loc':['body'],'msg':'boom'}]} | boom",
        "{'id':'x','choices':[{'index':0,'delta':{'content':''},'finish_reason':'error'}],"
            + "'error':{'code':'server_error','message':'boom'}} | boom",
        "{'choices':[{'error':{'message':'boom'},'delta':{}}]} | boom",
        "{'error':{}} | without saying why",
        "[1] | no chunk",
        "nonsense | no JSON",
        "'' | no JSON"
      })
  void anErrorInWhateverFormEndsTheStream(String chunk, String said) {
    Object end = events(choice("{\"content\":\"a\"}", "null"), chunk.replace('\'', '"')).getLast();
    assertThat(end).isInstanceOf(LlmError.ProviderFailed.class);
    assertThat(((LlmError) end).message()).startsWith("Provider 'up' ").contains(said);
  }

  @Test
  void anErrorThatNamesAStatusIsARefusalWithIt() {
    Object end = events("{\"error\":{\"message\":\"slow down\",\"code\":429}}").getLast();
    assertThat(end).isInstanceOf(LlmError.ProviderRefused.class);
    assertThat(((LlmError.ProviderRefused) end).httpStatus()).isEqualTo(429);
    Object key = events("{\"error\":{\"message\":\"bad sk-123\",\"code\":\"401\"}}").getLast();
    assertThat(((LlmError) key).message()).contains("api_key").doesNotContain("sk-123");
  }

  @Test
  void argumentsWithoutANameAreKeptWithinABound() {
    String piece =
        tools("{'index':0,'id':'a','function':{'arguments':'" + "x".repeat(30_000) + "'}}");
    assertThat(failure(piece, piece, STOP)).contains("without the tool's name");
    assertThat(((LlmError) events(piece, piece, piece).getLast()).message())
        .contains("arguments without a name");
  }

  @Test
  @Tag("fuzz")
  @Tag("sse")
  void mutantsGiveEventsOrATypedFailure() {
    List<String> all =
        List.of(
            Chunks.USUAL.get(0),
            tools("{'id':'a','function':{'name':'f'}}"),
            Chunks.UNUSUAL.get(0),
            Chunks.UNUSUAL.get(1),
            Chunks.UNUSUAL.get(2),
            Chunks.WITH_LOGPROBS,
            STOP,
            "[DONE]");
    Fuzz.target("sse")
        .rounds(20_000)
        .run(
            random -> ChunkParsersTest.mutated(bytes(all.get(random.nextInt(all.size()))), random),
            (first, random) -> {
              ChunkReader reader = Chunks.reader().withLogprobs();
              byte[] data = first;
              try {
                for (int more = random.nextInt(6); more >= 0; more--) {
                  reader.read(data, 0, data.length, event -> assertThat(event).isNotNull());
                  String chunk = all.get(random.nextInt(all.size()));
                  data = ChunkParsersTest.mutated(bytes(chunk), random);
                }
                assertThat(reader.end()).isNotNull();
              } catch (LlmException failure) {
                assertThat(failure.error().message()).isNotBlank().hasSizeLessThan(2_000);
              }
            });
  }

  private static String failure(String... chunks) {
    Object end = events(chunks).getLast();
    assertThat(end).isInstanceOf(StreamEvent.Failed.class);
    return ((StreamEvent.Failed) end).error().message();
  }

  private static StreamEvent done(FinishReason reason) {
    return new StreamEvent.Done(reason, Usage.NONE);
  }

  private static String choice(String delta, String finish) {
    return "{\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + finish + "}]}";
  }

  private static String tools(String fragments) {
    return choice("{\"tool_calls\":[" + quoted(fragments) + "]}", "null");
  }

  /** Single quotes for double ones; arguments keep their braces as text. */
  private static String quoted(String text) {
    return text.replace('\'', '"');
  }
}
