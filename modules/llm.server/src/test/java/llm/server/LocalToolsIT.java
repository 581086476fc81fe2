package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * P-1, P-2, A-2: a generated model in the real process calls tools, over HTTP in each dialect: its
 * weights say a script, which its template chooses by the last message. Without the native library
 * the tests skip.
 */
@Timeout(180)
@DisplayName("A-2: a local model's words become calls of tools in every dialect")
class LocalToolsIT {

  /**
   * Chooses the script: only its own words become control tokens. The comment says that it thinks.
   */
  private static final String TOOL_TEMPLATE =
      """
      {#- </think> -#}
      {%- for t in tools or [] %}<tool>{{ t | tojson }}</tool>{% endfor -%}
      {%- for m in messages -%}
      [{{ m.role }}]{{ m.content }}
      {%- for c in m.tool_calls or [] -%}
      <tool_call>{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}\
      </tool_call>
      {%- endfor -%}
      {%- endfor -%}
      {%- if add_generation_prompt and messages[-1].role == 'tool' -%}
      {%- if '21 degrees' in messages[-1].content -%}{{ '<|say:answer|>' }}{%- endif -%}
      {%- elif add_generation_prompt -%}
      {%- for name in ['weather', 'think', 'two', 'broken', 'none'] -%}
      {%- if name in messages[-1].content -%}{{ '<|say:' ~ name ~ '|>' }}{%- endif -%}
      {%- endfor -%}
      {%- endif -%}
      """;

  private static final String PLAIN_TEMPLATE =
      "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{{ '<|say:plain|>' }}";
  private static final String ARGUMENTS = "{\"city\": \"Köln\", \"days\": 3}";
  private static final String CALL = "{\"name\": \"weather\", \"arguments\": " + ARGUMENTS + "}";

  @TempDir private static Path folder;
  private static ServerProcess server; // one for all; each request stands alone

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @BeforeAll
  static void start() throws Exception {
    ModelFiles.requireLibrary();
    Path model = folder.resolve("scripted.gguf");
    generate(model);
    server = ServerProcess.serve(folder, ModelFiles.HOME, "--model", model.toString());
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static void generate(Path file) throws Exception {
    Map<String, String> scripts = new LinkedHashMap<>();
    scripts.put("plain", "No tools here.");
    scripts.put("weather", "\1<tool_call>\1\n" + CALL + "\n\1</tool_call>\1");
    scripts.put("answer", "It has 21 degrees in Köln.");
    scripts.put(
        "think", "<think>\nThe weather it is.\n</think>\n\n<tool_call>" + CALL + "</tool_call>");
    scripts.put(
        "two",
        "Both.\n<tool_call>\n"
            + CALL
            + "\n</tool_call>\n<tool_call>\n{\"name\": \"now\","
            + " \"arguments\": {}}\n</tool_call>");
    scripts.put("broken", "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Kö");
    scripts.put("none", "I would write <tool_call>like so</tool_call>.");
    try (var files = new ModelFiles()) {
      files.writeScripted(file, PLAIN_TEMPLATE, TOOL_TEMPLATE, scripts);
    }
  }

  private String ask(String path, String body) throws Exception {
    HttpResponse<String> answer = client.send(server.post(path, body), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private String chat(String messages, boolean tools, boolean stream) throws Exception {
    String schema =
        "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"},"
            + "\"days\":{\"type\":\"integer\"}}}";
    String offered =
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":%s}},{\"type\":\"function\",\"function\":{\"name\":\"now\",\"parameters\":{\"type\":\"object\"}}}],"
            .formatted(schema);
    return ask(
        "/v1/chat/completions",
        "{\"model\":\"local\",%s\"stream\":%s,\"messages\":[%s]}"
            .formatted(tools ? offered : "", stream, messages));
  }

  /** The script's own words are the grammar's too, marks that are control tokens among them. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDemandedCallIsWrittenWithTheModelsOwnMarks(boolean stream) throws Exception {
    for (String choice :
        List.of("\"required\"", "{\"type\":\"function\",\"function\":{\"name\":\"weather\"}}")) {
      String answer =
          ask(
              "/v1/chat/completions",
              "{\"model\":\"local\",\"temperature\":0,\"stream\":%s,\"parallel_tool_calls\":false,\"tool_choice\":%s,\"messages\":[%s],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"},\"days\":{\"type\":\"integer\"}}}}}]}"
                  .formatted(stream, choice, user("weather")));
      assertThat(joined(answer, "arguments")).isEqualTo(ARGUMENTS);
      assertThat(values(answer, "name")).containsExactly("weather");
      assertThat(joined(answer, "content")).isEmpty();
      assertThat(values(answer, "finish_reason")).containsExactly("tool_calls");
    }
  }

  private String messages(String messages, boolean stream) throws Exception {
    return ask(
        "/v1/messages",
        "{\"model\":\"local\",\"max_tokens\":200,\"stream\":%s,\"messages\":[%s],\"tools\":[{\"name\":\"weather\",\"input_schema\":{\"type\":\"object\"}},{\"name\":\"now\",\"input_schema\":{\"type\":\"object\"}}]}"
            .formatted(stream, messages));
  }

  private String responses(String input, boolean stream) throws Exception {
    return ask(
        "/v1/responses",
        "{\"model\":\"local\",\"stream\":%s,\"input\":%s,\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"parameters\":{\"type\":\"object\"}},{\"type\":\"function\",\"name\":\"now\",\"parameters\":{\"type\":\"object\"}}]}"
            .formatted(stream, input));
  }

  private static String user(String text) {
    return "{\"role\":\"user\",\"content\":\"" + text + "\"}";
  }

  /** All values of a field of text, unescaped as far as these tests need it. */
  private static List<String> values(String json, String field) {
    Matcher found =
        Pattern.compile("\"" + field + "\":\\s*\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(json);
    return found
        .results()
        .map(one -> one.group(1).replace("\\\"", "\"").replace("\\n", "\n").replace("\\u003c", "<"))
        .toList();
  }

  private static String joined(String json, String field) {
    return String.join("", values(json, field));
  }

  /** The data of the events of one type. */
  private static String events(String stream, String type) {
    return stream
        .lines()
        .filter(line -> line.startsWith("data:") && line.contains("\"type\":\"" + type + "\""))
        .collect(Collectors.joining("\n"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void chatCompletionsTellTheCall(boolean stream) throws Exception {
    String answer = chat(user("weather"), true, stream);

    assertThat(joined(answer, "arguments")).isEqualTo(ARGUMENTS);
    assertThat(values(answer, "name")).containsExactly("weather");
    assertThat(values(answer, "finish_reason")).containsExactly("tool_calls");
    assertThat(joined(answer, "content")).isEmpty();
    if (stream) {
      assertThat(values(answer, "arguments")).as("in fragments").hasSizeGreaterThan(3);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void messagesTellTheCall(boolean stream) throws Exception {
    String answer = messages(user("weather"), stream);

    assertThat(values(answer, "stop_reason")).contains("tool_use");
    assertThat(values(answer, "name")).containsExactly("weather");
    if (stream) {
      assertThat(joined(answer, "partial_json")).isEqualTo(ARGUMENTS);
    } else {
      assertThat(answer)
          .containsPattern("\"input\":\\s*\\{\"city\":\\s*\"Köln\",\\s*\"days\":\\s*3}");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void responsesTellTheCall(boolean stream) throws Exception {
    String answer = responses("\"weather\"", stream);

    if (stream) {
      assertThat(joined(events(answer, "response.function_call_arguments.delta"), "delta"))
          .isEqualTo(ARGUMENTS);
      answer = events(answer, "response.completed");
    }
    assertThat(values(answer, "arguments")).containsExactly(ARGUMENTS);
    assertThat(answer).contains("\"function_call\"");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void reasoningStaysApart(boolean stream) throws Exception {
    String answer = chat(user("think"), true, stream);
    assertThat(joined(answer, "reasoning_content")).isEqualTo("The weather it is.");
    assertThat(joined(answer, "arguments")).isEqualTo(ARGUMENTS);
    assertThat(joined(answer, "content")).isEmpty();

    String blocks = messages(user("think"), stream);
    assertThat(joined(blocks, "thinking")).isEqualTo("The weather it is.");
    assertThat(values(blocks, "name")).containsExactly("weather");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void parallelCallsAreTwo(boolean stream) throws Exception {
    String answer = chat(user("two"), true, stream);
    assertThat(joined(answer, "content")).isEqualTo("Both.");
    assertThat(values(answer, "name")).containsExactly("weather", "now");
    assertThat(joined(answer, "arguments")).isEqualTo(ARGUMENTS + "{}");

    String blocks = messages(user("two"), stream);
    assertThat(values(blocks, "name")).containsExactly("weather", "now");
    assertThat(joined(blocks, "text")).contains("Both.");
  }

  @Test
  void theResultsOfACallReachTheModelInEachDialect() throws Exception {
    String call =
        "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"21 degrees\"}";
    assertThat(joined(chat(user("weather") + "," + call, true, false), "content"))
        .isEqualTo("It has 21 degrees in Köln.");
    assertThat(joined(chat(user("weather") + "," + call, false, true), "content"))
        .as("tools are not offered any more")
        .isEqualTo("It has 21 degrees in Köln.");

    String blocks =
        ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"call_1\",\"name\":\"weather\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"call_1\",\"content\":\"21 degrees\"}]}";
    assertThat(joined(messages(user("weather") + blocks, false), "text"))
        .isEqualTo("It has 21 degrees in Köln.");

    String items =
        "[%s,{\"type\":\"function_call\",\"call_id\":\"call_1\",\"name\":\"weather\",\"arguments\":\"{}\"},{\"type\":\"function_call_output\",\"call_id\":\"call_1\",\"output\":\"21 degrees\"}]"
            .formatted(user("weather"));
    assertThat(responses(items, false)).contains("It has 21 degrees in Köln.");
  }

  @Test
  void withoutToolsTheModelsUsualTemplateIsTaken() throws Exception {
    assertThat(joined(chat(user("weather"), false, false), "content")).isEqualTo("No tools here.");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatOnlyLooksLikeACallIsText(boolean stream) throws Exception {
    String answer = chat(user("none"), true, stream);

    assertThat(joined(answer, "content"))
        .isEqualTo("I would write <tool_call>like so</tool_call>.");
    assertThat(values(answer, "finish_reason")).containsExactly("stop");
  }

  /** Chat and Responses hand arguments on as the model wrote them; Messages has only objects. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCallThatIsBrokenOffIsToldAsItIsAndAsCutShort(boolean stream) throws Exception {
    String answer = chat(user("broken"), true, stream);
    assertThat(joined(answer, "arguments")).isEqualTo("{\"city\": \"Kö");
    assertThat(answer).contains("\"finish_reason\":\"length\"").doesNotContain("tool_calls\"}");
    assertThat(responses("\"broken\"", stream))
        .contains("\"function_call\"", "\"status\":\"incomplete\"");

    String body =
        "{\"model\":\"local\",\"max_tokens\":200,\"stream\":%s,\"messages\":[%s],\"tools\":[{\"name\":\"weather\",\"input_schema\":{\"type\":\"object\"}}]}"
            .formatted(stream, user("broken"));
    assertThat(ask("/v1/messages", body)).contains("\"stop_reason\":\"max_tokens\"");
  }
}
