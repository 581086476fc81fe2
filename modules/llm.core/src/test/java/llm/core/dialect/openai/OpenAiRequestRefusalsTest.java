package llm.core.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.StringJoiner;
import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each line: the body, where it is wrong, and what the message must say. {@code M} stands for legal
 * messages, {@code T} for legal tools.
 */
@DisplayName("P-3: what a chat completion body may not say")
class OpenAiRequestRefusalsTest {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";
  private static final String TOOLS =
      "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]";

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "-",
      textBlock =
          """
          [] | - | must be an object, found an array
          "x" | - | must be an object, found a string
          12 | - | must be an object, found the integer 12
          null | - | must be an object, found null
          {} | messages | messages is missing
          {"messages":[]} | messages | at least one message
          {"messages":{}} | messages | must be an array, found an object
          {"messages":"hi"} | messages | must be an array, found a string
          {"messages":["hi"]} | messages[0] | must be an object, found a string
          {"messages":[null]} | messages[0] | must be an object, found null
          {"messages":[{}]} | messages[0].role | role is missing
          {"messages":[{"role":"user"}]} | messages[0].content | content is missing
          {"messages":[{"role":"user","content":null}]} | messages[0].content | content is missing
          {"messages":[{"role":"user","content":5}]} | messages[0].content | a string or an array of parts, found the integer 5
          {"messages":[{"role":"user","content":1.5}]} | messages[0].content | found the number 1.5
          {"messages":[{"role":"user","content":true}]} | messages[0].content | found true
          {"messages":[{"role":"user","content":{}}]} | messages[0].content | found an object
          {"messages":[{"role":"user","content":[]}]} | messages[0].content | at least one part
          {"messages":[{"role":"user","content":["a"]}]} | messages[0].content[0] | must be an object, found a string
          {"messages":[{"role":"user","content":[{"text":"a"}]}]} | messages[0].content[0].type | type is missing
          {"messages":[{"role":"user","content":[{"type":"text"}]}]} | messages[0].content[0].text | text is missing
          {"messages":[{"role":"user","content":[{"type":"text","text":7}]}]} | messages[0].content[0].text | must be a string, found the integer 7
          {"messages":[{"role":"user","content":"a"},{"role":"robot","content":"b"}]} | messages[1].role | 'robot' must be system, developer, user, assistant or tool
          {"messages":[{"role":7,"content":"b"}]} | messages[0].role | must be a string, found the integer 7
          {"messages":[{"role":"assistant"}]} | messages[0].content | needs content or tool_calls
          {"messages":[{"role":"assistant","tool_calls":[]}]} | messages[0].content | needs content or tool_calls
          {"messages":[{"role":"tool","content":"b"}]} | messages[0].tool_call_id | names the call it answers
          {"messages":[{"role":"tool","content":"b","tool_call_id":" "}]} | messages[0] | tool_call_id must not be blank
          {"messages":[{"role":"user","content":"b","tool_call_id":"c"}]} | messages[0].tool_call_id | only a tool message answers
          {"messages":[{"role":"user","content":"b","tool_calls":[{"id":"i","type":"function","function":{"name":"f","arguments":""}}]}]} | messages[0].tool_calls | only an assistant message calls tools
          {"messages":[{"role":"assistant","tool_calls":{}}]} | messages[0].tool_calls | must be an array, found an object
          {"messages":[{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":""}}]}]} | messages[0].tool_calls[0].id | id is missing
          {"messages":[{"role":"assistant","tool_calls":[{"id":"i"}]}]} | messages[0].tool_calls[0].function.name | is missing
          {"messages":[{"role":"assistant","tool_calls":[{"id":"i","function":{"name":"f"}}]}]} | messages[0].tool_calls[0].function.arguments | is missing
          {"messages":[{"role":"assistant","tool_calls":[{"id":"i","function":{"name":"f","arguments":{}}}]}]} | messages[0].tool_calls[0].function.arguments | must be a string, found an object
          {"messages":[{"role":"assistant","tool_calls":[{"id":" ","function":{"name":"f","arguments":""}}]}]} | messages[0].tool_calls[0] | needs an id and a name
          {M,"model":5} | model | must be a string, found the integer 5
          {M,"model":""} | model | must be 1 to 256 printable characters
          {M,"model":" m"} | model | without blanks at the ends
          {M,"temperature":"hot"} | temperature | must be a number, found a string
          {M,"temperature":2.1} | temperature | 2.1
          {M,"temperature":-1} | temperature | 0.0 to 2.0
          {M,"temperature":1e999} | temperature | 0.0 to 2.0
          {M,"top_p":0} | top_p | more than 0, at most 1
          {M,"top_p":1.01} | top_p | more than 0, at most 1
          {M,"top_p":[]} | top_p | must be a number, found an array
          {M,"top_k":-1} | top_k | 0 or more
          {M,"top_k":1.5} | top_k | must be an integer, found the number 1.5
          {M,"min_p":2} | min_p | 0 to 1
          {M,"seed":1.5} | seed | must be an integer, found the number 1.5
          {M,"seed":99999999999999999999} | seed | 64 bits
          {M,"max_tokens":0} | max_tokens | must be at least 1
          {M,"max_tokens":-5} | max_tokens | -5 must be at least 1
          {M,"max_tokens":"9"} | max_tokens | must be an integer, found a string
          {M,"max_tokens":1.0} | max_tokens | must be an integer, found the number 1.0
          {M,"max_tokens":3000000000} | max_tokens | 32 bits
          {M,"max_completion_tokens":0} | max_completion_tokens | must be at least 1
          {M,"max_tokens":4,"max_completion_tokens":5} | max_tokens | contradict each other
          {M,"n":0} | n | must be at least 1
          {M,"n":"1"} | n | must be an integer, found a string
          {M,"stop":5} | stop | a string or an array of strings, found the integer 5
          {M,"stop":["a",5]} | stop[1] | must be a string, found the integer 5
          {M,"stop":[null]} | stop[0] | must be a string, found null
          {M,"stop":""} | stop | not empty
          {M,"stop":["a",""]} | stop | not empty
          {M,"stop":["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17"]} | stop | at most 16
          {M,"stream":1} | stream | must be true or false, found the integer 1
          {M,"stream":"true"} | stream | must be true or false, found a string
          {M,"stream_options":{"include_usage":true}} | stream_options | send stream: true
          {M,"stream":true,"stream_options":true} | stream_options | must be an object, found true
          {M,"stream":true,"stream_options":{"include_usage":0}} | stream_options.include_usage | true or false
          {M,"tools":{}} | tools | must be an array, found an object
          {M,"tools":[5]} | tools[0] | must be an object, found the integer 5
          {M,"tools":[{"function":{"name":"f"}}]} | tools[0].type | it must be 'function'
          {M,"tools":[{"type":"function"}]} | tools[0].function.name | is missing
          {M,"tools":[{"type":"function","function":{}}]} | tools[0].function.name | is missing
          {M,"tools":[{"type":"function","function":{"name":"a b"}}]} | tools[0].function.name | must match
          {M,"tools":[{"type":"function","function":{"name":"f","description":3}}]} | tools[0].function.description | must be a string
          {M,"tools":[{"type":"function","function":{"name":"f","parameters":"{}"}}]} | tools[0].function.parameters | must be an object, found a string
          {M,"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"f"}}]} | tools[1].function.name | name of an earlier tool
          {M,"tool_choice":"maybe"} | tool_choice | auto, none, required or a function
          {M,"tool_choice":5} | tool_choice | must be an object, found the integer 5
          {M,"tool_choice":"required"} | tool_choice | needs tools
          {M,T,"tool_choice":{"type":"function"}} | tool_choice.function.name | is missing
          {M,T,"tool_choice":{"type":"function","function":{"name":"g"}}} | tool_choice | names 'g', which tools do not offer
          {M,"frequency_penalty":"x"} | frequency_penalty | must be a number
          {M,"frequency_penalty":2.01} | frequency_penalty | 2.01 must be -2.0 to 2.0
          {M,"presence_penalty":-3} | presence_penalty | -3.0 must be -2.0 to 2.0
          {M,"presence_penalty":true} | presence_penalty | must be a number, found true
          {M,"repeat_penalty":0} | repeat_penalty | more than 0, at most 10.0
          {M,"repetition_penalty":11} | repetition_penalty | more than 0, at most 10.0
          {M,"repeat_penalty":1.1,"repetition_penalty":1.2} | repetition_penalty | contradict each other
          {M,"lora":{}} | lora | must be an array
          {M,"lora":[5]} | lora[0] | must be an object
          {M,"lora":[{"id":0},{}]} | lora[1] | either a name or an id
          {M,"lora":[{"id":0,"name":"a"}]} | lora[0] | either a name or an id
          {M,"lora":[{"id":-1}]} | lora[0].id | must be 0 or more
          {M,"lora":[{"id":0.5}]} | lora[0].id | must be an integer
          {M,"lora":[{"name":""}]} | lora[0].name | must be 1 to 100 characters
          {M,"lora":[{"id":0,"scale":17}]} | lora[0].scale | must be -16.0 to 16.0
          {M,"lora":[{"id":0,"scale":"x"}]} | lora[0].scale | must be a number
          {M,"lora":[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5},{"id":6},{"id":7},{"id":8},{"id":9}]} | lora | at most 8
          {M,"logit_bias":[]} | logit_bias | must be an object, found an array
          {M,"logit_bias":{"7":101}} | logit_bias.7 | 101.0 must be -100.0 to 100.0
          {M,"logit_bias":{"7":"ban"}} | logit_bias.7 | must be a number, found a string
          {M,"logit_bias":{"-7":1}} | logit_bias.-7 | by a token's id, an integer of 0 or more
          {M,"logit_bias":{"07":1}} | logit_bias.07 | by a token's id
          {M,"logit_bias":{"hello":1}} | logit_bias.hello | by a token's id
          {M,"logit_bias":{"3000000000":1}} | logit_bias.3000000000 | by a token's id
          {M,"logprobs":5} | logprobs | must be true or false, found the integer 5
          {M,"top_logprobs":3} | top_logprobs | top_logprobs 3 needs logprobs: true
          {M,"logprobs":false,"top_logprobs":1} | top_logprobs | needs logprobs: true
          {M,"logprobs":true,"top_logprobs":21} | top_logprobs | 21 must be 0 to 20
          {M,"top_logprobs":-1} | top_logprobs | -1 must be 0 to 20
          {M,"top_logprobs":1.5} | top_logprobs | must be an integer, found the number 1.5
          {M,"prediction":{"type":"content"}} | prediction | prediction.content is missing
          {M,"prediction":{"type":"content","content":7}} | prediction.content | must be a string
          {M,"prediction":"a"} | prediction | an object
          {M,"priority":"urgent"} | priority | 'urgent' must be interactive or background
          {M,"messages":[{"role":"user","content":"\\ud800"}]} | messages | Duplicate
          {"messages":[{"role":"user","content":"a\\ud800b"}]} | messages[0].content | lone surrogate \\ud800
          {"messages":[{"role":"user","content":"\\udc00"}]} | messages[0].content | lone surrogate \\udc00
          """)
  void refusesWithPathAndReason(String body, String path, String says) {
    LlmError error = refusal(body);

    assertThat(error.message()).contains(says);
    switch (error) {
      case LlmError.InvalidRequest invalid ->
          assertThat(invalid.path()).isEqualTo(Optional.ofNullable(path));
      case LlmError.InvalidJson _ -> assertThat(says).isEqualTo("Duplicate");
      default -> throw new AssertionError("not a refusal of the body: " + error);
    }
  }

  @Test
  void refusesMoreBiasesThanAreTaken() {
    var biases = new StringJoiner(",", "{M,\"logit_bias\":{", "}}");
    for (int token = 0; token <= 300; token++) {
      biases.add("\"" + token + "\":1");
    }
    LlmError error = refusal(biases.toString());

    assertThat(error.message()).isEqualTo("logit_bias 301 tokens must be at most 300");
    assertThat(((LlmError.InvalidRequest) error).path()).contains("logit_bias");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {M,"n":2} | n | several choices
          {M,"lora":[{"path":"/etc/passwd"}]} | lora[0].path | lora field
          {M,"response_format":{"type":"grammar"}} | response_format | response formats
          {M,"modalities":["text","audio"]} | modalities[1] | other modalities
          {M,"audio":{}} | audio | audio
          {M,"store":true} | store | storing
          {M,"service_tier":"priority"} | service_tier | service tiers
          {M,"verbosity":"low"} | verbosity | verbosity
          {M,"functions":[]} | functions | use tools
          {M,"function_call":"auto"} | function_call | use tools
          {M,"prediction":{}} | prediction | prediction
          {M,"prediction":{"type":"x","content":"a"}} | prediction | another type
          {M,"prediction":{"type":"content","content":"a","x":1}} | prediction.x | field of a prediction
          {M,"prediction":{"type":"content","content":[{"type":"image_url"}]}} | prediction.content[0].type | no text
          {M,"prediction":{"type":"content","content":[{"text":"a","x":1}]}} | prediction.content[0].x | prediction's part
          {M,"web_search_options":{}} | web_search_options | web_search_options
          {M,"tools":[{"type":"custom","custom":{"name":"f"}}]} | tools[0].type | tools of another type
          {M,"tools":[{"type":"function","function":{"name":"f","strict":true}}]} | tools[0].function.strict | strict tools
          {M,"tools":[{"type":"function","function":{"name":"f","x":1}}]} | tools[0].function.x | function field 'x'
          {M,"tool_choice":{"type":"allowed_tools"}} | tool_choice.type | another type
          {M,"stream":true,"stream_options":{"include_obfuscation":true}} | stream_options.include_obfuscation | obfuscation
          {M,"stream":true,"stream_options":{"x":1}} | stream_options.x | stream option 'x'
          {"messages":[{"role":"function","content":"x","name":"f"}]} | messages[0].role | use role 'tool'
          {"messages":[{"role":"user","content":[{"type":"video_url","video_url":{"url":"u"}}]}]} | messages[0].content[0] | type 'video_url'
          {"messages":[{"role":"user","content":[{"type":"input_audio"}]}]} | messages[0].content[0] | type 'input_audio'
          {"messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{}}]}]} | messages[0].content[0] | 'cache_control'
          {"messages":[{"role":"user","content":"a","weight":1}]} | messages[0].weight | message field 'weight'
          {"messages":[{"role":"assistant","content":"a","function_call":{}}]} | messages[0].function_call | use tool_calls
          {"messages":[{"role":"assistant","content":"a","annotations":[{}]}]} | messages[0].annotations | annotations
          {"messages":[{"role":"assistant","tool_calls":[{"id":"i","type":"custom"}]}]} | messages[0].tool_calls[0].type | another type
          """)
  void refusesWhatIsNotDoneByItsPath(String body, String path, String says) {
    LlmError error = refusal(body);

    assertThat(error).isInstanceOf(LlmError.Unsupported.class);
    assertThat(((LlmError.Unsupported) error).path()).isEqualTo(path);
    assertThat(error.message()).contains(says);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"a":1,} | 1 | 8
          {"a":1\\n"b":2} | 2 | 1
          {"a":1,\\n\\n "é" 2} | 3 | 7
          {"messages":[ | 1 | 14
          {'a':1} | 1 | 2
          {"a":tru} | 1 | 6
          {"a":01} | 1 | 7
          {"a":NaN} | 1 | 9
          {"a":1,"a":2} | 1 | 11
          {"x":{"b":1,"b":2}} | 1 | 16
          {"x":"a\\nb"} | 1 | 8
          """)
  void namesLineAndColumnOfWhatIsNotJson(String body, int line, int column) {
    LlmError error = refusal(body.replace("\\n", "\n"));

    assertThat(error).isInstanceOf(LlmError.InvalidJson.class);
    var invalid = (LlmError.InvalidJson) error;
    assertThat(invalid.line()).isEqualTo(line);
    assertThat(invalid.column()).isEqualTo(column);
    assertThat(invalid.detail()).isNotBlank().doesNotContain("\n");
  }

  @Test
  void refusesWhatFollowsTheDocument() {
    for (String more : new String[] {"x", "{}", "]", ",", "null"}) {
      var error = (LlmError.InvalidJson) refusal("{M}\n " + more);
      assertThat(error.line()).isEqualTo(2);
    }
  }

  @Test
  void refusesAnEmptyBody() {
    assertThat(refusal("").message()).contains("the body is empty");
    assertThat(refusal(" \n").message()).contains("the body is empty");
  }

  @Test
  void refusesTextThatIsNotUtf8AtItsByte() {
    byte[][] bad = {
      {(byte) 0xC0, (byte) 0x80}, // overlong
      {(byte) 0xED, (byte) 0xA0, (byte) 0x80}, // a surrogate
      {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80}, // beyond U+10FFFF
      {(byte) 0xE2, (byte) 0x82}, // cut off
      {(byte) 0xFF}, // no lead byte
      {(byte) 0x80} // a tail alone
    };
    for (byte[] sequence : bad) {
      byte[] body = join("{\"a\":\n\"", sequence, "\"}");
      var error = (LlmError.InvalidJson) refusal(body);
      assertThat(error.line()).isEqualTo(2);
      assertThat(error.column()).isEqualTo(2);
      assertThat(error.detail()).contains("is not UTF-8");
    }
  }

  @Test
  void refusesUtf16AndUtf32() {
    for (var charset :
        new java.nio.charset.Charset[] {
          StandardCharsets.UTF_16BE, StandardCharsets.UTF_16LE, StandardCharsets.UTF_32BE
        }) {
      var error = (LlmError.InvalidJson) refusal(("{" + MESSAGES + "}").getBytes(charset));
      assertThat(error.detail()).contains("is not UTF-8");
    }
  }

  @Test
  void refusesNestingBeyondTheLimit() {
    String deep = "[".repeat(200) + "]".repeat(200);

    assertThat(refusal("{M,\"x\":" + deep + "}"))
        .isInstanceOfSatisfying(
            LlmError.InvalidJson.class,
            error -> {
              assertThat(error.column()).isGreaterThan(JsonCursor.MAX_DEPTH);
              assertThat(error.message())
                  .contains("deeper than 128 levels")
                  .doesNotContain("Stream");
            });
  }

  @Test
  void shortensWhatItRepeatsOfTheBody() {
    String name = "x".repeat(10_000);

    LlmError error =
        refusal("{\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"" + name + "\":1}]}");

    assertThat(((LlmError.Unsupported) error).path().length()).isLessThan(100);
    assertThat(error.message().length()).isLessThan(300);
  }

  @Test
  void passesOnWhatTheResolverRefuses() {
    var refusal = new LlmException(new LlmError.ModelNotFound("nope"));

    var thrown =
        catchThrowableOfType(
            LlmException.class,
            () ->
                OpenAiRequestReader.read(
                    ("{" + MESSAGES + "}").getBytes(StandardCharsets.UTF_8),
                    _ -> {
                      throw refusal;
                    }));

    assertThat(thrown).isSameAs(refusal);
  }

  private static LlmError refusal(String body) {
    String full = body.replace("{M", "{" + MESSAGES).replace(",T,", "," + TOOLS + ",");
    return refusal(full.getBytes(StandardCharsets.UTF_8));
  }

  private static LlmError refusal(byte[] body) {
    var thrown =
        catchThrowableOfType(
            LlmException.class,
            () -> OpenAiRequestReader.read(body, asked -> new ModelName(asked.orElse("default"))));
    assertThat(thrown).as("the body must be refused").isNotNull();
    return thrown.error();
  }

  private static byte[] join(String before, byte[] middle, String after) {
    byte[] first = before.getBytes(StandardCharsets.UTF_8);
    byte[] last = after.getBytes(StandardCharsets.UTF_8);
    byte[] all = new byte[first.length + middle.length + last.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(middle, 0, all, first.length, middle.length);
    System.arraycopy(last, 0, all, first.length + middle.length, last.length);
    return all;
  }
}
