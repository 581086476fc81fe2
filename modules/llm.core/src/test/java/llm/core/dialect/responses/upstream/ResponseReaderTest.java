package llm.core.dialect.responses.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.core.testkit.Fuzz;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.StreamEvent.Done;
import llm.domain.chat.StreamEvent.ReasoningDelta;
import llm.domain.chat.StreamEvent.ReasoningHidden;
import llm.domain.chat.StreamEvent.ReasoningSigned;
import llm.domain.chat.StreamEvent.TextDelta;
import llm.domain.chat.StreamEvent.ToolArgumentsDelta;
import llm.domain.chat.StreamEvent.ToolCallStarted;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-2 answers of OpenAI's Responses become events, streamed or whole")
class ResponseReaderTest {
  private static final String USAGE =
      "'usage':{'input_tokens':11,'input_tokens_details':{'cached_tokens':4,"
          + "'cache_write_tokens':2},'output_tokens':5,'output_tokens_details':"
          + "{'reasoning_tokens':3},'total_tokens':16}";
  private static final Usage COUNTED = new Usage(11, 5, 4, 3, 2);

  @Test
  void aTextComesInPieces() {
    assertThat(
            events(
                "{'type':'response.created','response':{'status':'in_progress','output':[]}}",
                "{'type':'response.in_progress','response':{'status':'in_progress'}}",
                "{'type':'response.output_item.added','output_index':0,'item':{'type':'message',"
                    + "'status':'in_progress','content':[],'role':'assistant'}}",
                "{'type':'response.content_part.added','output_index':0,'content_index':0,"
                    + "'part':{'type':'output_text','text':'','annotations':[]}}",
                "{'type':'response.output_text.delta','output_index':0,'delta':'Hel'}",
                "{'type':'response.something.new','x':[1,{'y':2}]}",
                "{'type':'response.output_text.delta','output_index':0,'delta':'lo'}",
                "{'type':'response.output_text.done','output_index':0,'text':'Hello'}",
                "{'type':'response.output_item.done','output_index':0,'item':"
                    + message("Hello")
                    + "}",
                completed("'completed'", message("Hello"))))
        .containsExactly(
            new TextDelta("Hel"), new TextDelta("lo"), new Done(FinishReason.STOP, COUNTED));
  }

  @Test
  void callsAreNumberedAsTheyBeginAndTheirArgumentsComeInPieces() {
    assertThat(
            events(
                "{'type':'response.output_item.added','output_index':1,'item':{'type':"
                    + "'function_call','call_id':'a','name':'f','arguments':''}}",
                "{'type':'response.output_item.added','output_index':2,'item':{'type':"
                    + "'function_call','call_id':'b','name':'g','arguments':''}}",
                "{'type':'response.function_call_arguments.delta','output_index':2,'delta':'{'}",
                "{'type':'response.function_call_arguments.delta','output_index':1,'delta':'{}'}",
                "{'type':'response.function_call_arguments.delta','output_index':2,'delta':'}'}",
                "{'type':'response.function_call_arguments.done','output_index':1,'arguments':'{}'}",
                completed("'completed'")))
        .containsExactly(
            new ToolCallStarted(0, "a", "f"),
            new ToolCallStarted(1, "b", "g"),
            new ToolArgumentsDelta(1, "{"),
            new ToolArgumentsDelta(0, "{}"),
            new ToolArgumentsDelta(1, "}"),
            new Done(FinishReason.TOOL_CALLS, COUNTED));
  }

  @Test
  void reasoningIsToldInParagraphsAndProven() {
    assertThat(
            events(
                "{'type':'response.reasoning_summary_part.added','output_index':0}",
                "{'type':'response.reasoning_summary_text.delta','output_index':0,'delta':'one'}",
                "{'type':'response.reasoning_summary_part.added','output_index':0}",
                "{'type':'response.reasoning_summary_text.delta','output_index':0,'delta':'two'}",
                "{'type':'response.output_item.done','output_index':0,'item':{'type':'reasoning',"
                    + "'summary':[{'type':'summary_text','text':'one'}],"
                    + "'encrypted_content':'enc'}}",
                "{'type':'response.output_item.done','output_index':1,'item':{'type':'reasoning',"
                    + "'summary':[],'encrypted_content':'dark'}}",
                completed("'completed'")))
        .containsExactly(
            new ReasoningDelta("one"),
            new StreamEvent.Aside(Dialect.OPENAI_RESPONSES, "part", JsonText.EMPTY_OBJECT),
            new ReasoningDelta("\n\n"),
            new ReasoningDelta("two"),
            new ReasoningSigned("enc", Dialect.OPENAI_RESPONSES),
            new ReasoningHidden("dark", Dialect.OPENAI_RESPONSES),
            new Done(FinishReason.STOP, COUNTED));
  }

  @Test
  void aServerThatTellsOnlyTheEndIsUnderstoodToo() {
    assertThat(
            events(
                completed(
                    "'completed'",
                    "{'type':'reasoning','summary':[],'content':[{'type':'reasoning_text',"
                        + "'text':'hm'}]}",
                    message("Hi"),
                    call("c", "f", "{}"))))
        .containsExactly(
            new ReasoningDelta("hm"),
            new TextDelta("Hi"),
            new ToolCallStarted(0, "c", "f"),
            new ToolArgumentsDelta(0, "{}"),
            new Done(FinishReason.TOOL_CALLS, COUNTED));
  }

  @ParameterizedTest
  @CsvSource({
    "max_output_tokens, LENGTH",
    "content_filter, CONTENT_FILTER",
    "something_new, UNKNOWN"
  })
  void anAnswerThatIsCutSaysWhy(String why, FinishReason reason) {
    String cut =
        "{'type':'response.incomplete','response':{'status':'incomplete','incomplete_details':"
            + "{'reason':'"
            + why
            + "'},'output':["
            + message("Hi")
            + "]}}";
    assertThat(events(cut)).containsExactly(new TextDelta("Hi"), new Done(reason, Usage.NONE));
  }

  @Test
  void logProbabilitiesComeWhereTheyAreWanted() throws LlmException {
    String delta =
        "{'type':'response.output_text.delta','output_index':0,'delta':'a','logprobs':["
            + "{'token':'a','logprob':-0.5,'top_logprobs':[{'token':'b','logprob':-1}]}]}";
    var wanted =
        new TextDelta(
            "a",
            List.of(
                new TokenLogprob(
                    "a", -0.5, List.of(), List.of(new TokenLogprob.Top("b", -1, List.of())))));
    var events = new ArrayList<Object>();
    byte[] data = bytes(delta);
    reader(true).read(data, 0, data.length, events::add);
    reader(false).read(data, 0, data.length, events::add);
    assertThat(events).containsExactly(wanted, new TextDelta("a"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'error','code':'rate_limit_exceeded','message':'slow down','param':null} | 429",
        "{'type':'error','error':{'type':'invalid_request_error','message':'slow down'}} | 0",
        "{'type':'response.failed','response':{'status':'failed','output':[],'error':{'code':"
            + "'server_error','message':'slow down'}}} | 500",
        "{'error':{'message':'slow down','code':'x','type':'y'}} | 0",
        "{'object':'error','message':'slow down','code':503} | 503",
      })
  void anErrorInTheStreamIsAFailureInItsWords(String event, int status) {
    LlmError error = (LlmError) events(event).getLast();
    assertThat(error.message()).contains("slow down");
    if (status > 0) {
      assertThat(error)
          .isInstanceOfSatisfying(
              LlmError.ProviderRefused.class,
              refused -> assertThat(refused.httpStatus()).isEqualTo(status));
    } else {
      assertThat(error).isInstanceOf(LlmError.ProviderFailed.class);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'response.output_text.delta','output_index':0,'delta':'a'} | middle of the answer",
        "{'type':'keepalive'} | without an answer",
        "nonsense | no JSON",
        "[1] | no chunk",
        "{'type':'response.output_item.done','output_index':0,'item':{'type':'custom_tool_call'}}"
            + " | custom_tool_call",
        "{'status':'cancelled','output':[]} | status 'cancelled'",
      })
  void whatIsNoWholeAnswerIsAFailure(String event, String said) {
    Object last = events(event).getLast();
    LlmError error =
        last instanceof StreamEvent.Failed(LlmError found, Usage _) ? found : (LlmError) last;
    assertThat(error.message()).contains(said).contains("'up'");
  }

  @Test
  void aStreamAndTheWholeAnswerSayTheSame() throws LlmException {
    long seed = 6_121;
    var random = new Random(seed);
    for (int round = 0; round < 3_000; round++) {
      var items = new ArrayList<String>();
      var stream = new ArrayList<String>();
      for (int place = random.nextInt(5); place > 0; place--) {
        addItem(random, items, stream);
      }
      stream.add(completed("'completed'", items.toArray(String[]::new)));
      String whole =
          "{'status':'completed','output':[" + String.join(",", items) + "]," + USAGE + "}";
      assertThat(collected(stream))
          .as("seed %d, round %d: %s", seed, round, whole)
          .isEqualTo(collected(List.of(whole)));
    }
  }

  private static void addItem(Random random, List<String> items, List<String> stream) {
    int place = items.size();
    String piece = "p" + random.nextInt(100);
    String at = "'output_index':" + place;
    boolean told = random.nextBoolean(); // else only its end is
    String whole;
    var pieces = new ArrayList<String>();
    switch (random.nextInt(3)) {
      case 0 -> {
        whole = message(piece + piece);
        String delta = "{'type':'response.output_text.delta'," + at + ",'delta':'" + piece + "'}";
        pieces.addAll(List.of(delta, delta));
      }
      case 1 -> {
        whole = call("c" + place, "f", piece);
        pieces.add(
            "{'type':'response.output_item.added',"
                + at
                + ",'item':"
                + call("c" + place, "f", "")
                + "}");
        pieces.add(
            "{'type':'response.function_call_arguments.delta'," + at + ",'delta':'" + piece + "'}");
      }
      default -> {
        whole =
            "{'type':'reasoning','summary':[{'type':'summary_text','text':'"
                + piece
                + "'}],'encrypted_content':'e"
                + place
                + "'}";
        pieces.add(
            "{'type':'response.reasoning_summary_text.delta'," + at + ",'delta':'" + piece + "'}");
      }
    }
    items.add(whole);
    if (told) {
      stream.addAll(pieces);
    }
    stream.add("{'type':'response.output_item.done'," + at + ",'item':" + whole + "}");
  }

  @Test
  @Tag("fuzz")
  @Tag("sse")
  void whateverComesThereIsAnEndOrAFailure() {
    List<String> texts =
        List.of(
            completed("'completed'", message("Hi"), call("c", "f", "{}")),
            "{'type':'response.output_text.delta','output_index':0,'delta':'a','logprobs':[]}",
            "{'type':'response.function_call_arguments.delta','output_index':2,'delta':'{'}",
            "{'type':'response.failed','response':{'error':{'code':'x','message':'y'}}}");
    Fuzz.target("sse")
        .rounds(20_000)
        .run(
            random -> {
              byte[] data = bytes(texts.get(random.nextInt(texts.size())));
              for (int change = random.nextInt(4); change > 0; change--) {
                data[random.nextInt(data.length)] = (byte) random.nextInt(128);
              }
              return data;
            },
            (data, random) -> {
              ResponseReader reader = reader(true);
              try {
                reader.read(data, 0, data.length, _ -> {});
                assertThat(reader.end()).isNotNull();
              } catch (LlmException refused) {
                assertThat(refused.error())
                    .isInstanceOfAny(
                        LlmError.ProviderFailed.class,
                        LlmError.ProviderRefused.class,
                        LlmError.ContextLengthExceeded.class);
              }
            });
  }

  private static String message(String text) {
    return "{'type':'message','role':'assistant','status':'completed','content':[{'type':"
        + "'output_text','text':'"
        + text
        + "','annotations':[]}]}";
  }

  private static String call(String id, String name, String arguments) {
    return "{'type':'function_call','call_id':'"
        + id
        + "','name':'"
        + name
        + "','arguments':'"
        + arguments
        + "'}";
  }

  private static String completed(String status, String... items) {
    return "{'type':'response.completed','response':{'status':"
        + status
        + ",'output':["
        + String.join(",", items)
        + "],"
        + USAGE
        + "}}";
  }

  private static ResponseReader reader(boolean logprobs) {
    return new ResponseReader(new UpstreamFailures("up", "m"), () -> "made", logprobs);
  }

  private static ChatResult collected(List<String> events) throws LlmException {
    var collector = new ResultCollector("m");
    ResponseReader reader = reader(false);
    for (String event : events) {
      byte[] data = bytes(event);
      reader.read(data, 0, data.length, collector::add);
    }
    return collector.finish(reader.endWhole());
  }

  /** The events, the end among them; a failure stands there as its error. */
  private static List<Object> events(String... said) {
    var events = new ArrayList<>();
    ResponseReader reader = reader(false);
    try {
      for (String event : said) {
        byte[] data = bytes(event);
        reader.read(data, 0, data.length, events::add);
      }
      events.add(reader.end());
    } catch (LlmException failure) {
      events.add(failure.error());
    }
    return events;
  }

  private static byte[] bytes(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }
}
