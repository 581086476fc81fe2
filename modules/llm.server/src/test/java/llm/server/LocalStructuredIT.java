package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import llm.core.schema.JsonNode;
import llm.core.schema.PartialJson;
import llm.core.schema.valid.SchemaValidator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * T-7 over HTTP: a model with random weights, asked hotly, talks nonsense in any byte sequence;
 * what is right about its answers is so because they are held. Without the native library the tests
 * skip.
 */
@Timeout(180)
@DisplayName(
    "T-7: answers of local models are held to schemas, grammars and calls in every dialect")
class LocalStructuredIT {
  private static final int ROUNDS = 4;

  private static final String TEMPLATE =
      """
      {%- for t in tools or [] %}<tool>{{ t.function.name }}: {{ t | tojson }}</tool>{% endfor -%}
      {%- for m in messages -%}
      [{{ m.role }}]{{ m.content }}
      {%- for c in m.tool_calls or [] -%}
      <tool_call>{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}\
      </tool_call>
      {%- endfor -%}
      {%- endfor -%}
      {%- if add_generation_prompt %}[assistant]{% endif -%}
      """;

  private static final String SCHEMA =
      "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"maxLength\":12},"
          + "\"kind\":{\"enum\":[\"a\",\"b<c\"]},"
          + "\"n\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9},"
          + "\"list\":{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"maxItems\":3}},"
          + "\"required\":[\"name\",\"kind\",\"n\"],\"additionalProperties\":false}";

  private static final String NOW =
      "{\"type\":\"object\",\"properties\":{}," + "\"additionalProperties\":false}";

  @TempDir private static Path folder;
  private static ServerProcess server; // one for all; each request stands alone

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @BeforeAll
  static void start() throws Exception {
    ModelFiles.requireLibrary();
    Path model = folder.resolve("random.gguf");
    try (var files = new ModelFiles()) {
      Files.write(model, files.model(4096, TEMPLATE));
    }
    server = ServerProcess.serve(folder, ModelFiles.HOME, "--model", model.toString());
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  /** What an answer said, of whatever dialect it is. */
  private record Said(String text, List<String> names, List<String> arguments, String end) {}

  private HttpResponse<String> send(String path, String body) throws Exception {
    return client.send(server.post(path, body), BodyHandlers.ofString());
  }

  private Said ask(String path, String body) throws Exception {
    HttpResponse<String> answer = send(path, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    boolean stream = answer.headers().firstValue("content-type").orElse("").contains("event");
    List<JsonNode> documents = new ArrayList<>();
    if (stream) {
      answer
          .body()
          .lines()
          .filter(line -> line.startsWith("data: {"))
          .forEach(line -> documents.add(read(line.substring(6))));
    } else {
      documents.add(read(answer.body()));
    }
    return said(documents, stream);
  }

  private static Said said(List<JsonNode> documents, boolean stream) {
    var text = new StringBuilder();
    var end = new StringBuilder();
    List<String> names = new ArrayList<>();
    List<StringBuilder> arguments = new ArrayList<>();
    for (JsonNode document : documents) {
      for (JsonNode choice : each(document, "choices")) {
        JsonNode message = at(choice, stream ? "delta" : "message");
        text.append(text(at(message, "content"))).append(text(at(choice, "text")));
        each(message, "tool_calls").forEach(call -> call(at(call, "function"), names, arguments));
        end.append(text(at(choice, "finish_reason")));
      }
      each(document, "tool_calls").forEach(call -> call(call, names, arguments));
      String kind = text(at(document, "type"));
      switch (kind) {
        case "response.output_text.delta" -> text.append(text(at(document, "delta")));
        case "response.function_call_arguments.done" -> {
          arguments.add(new StringBuilder(text(at(document, "arguments"))));
        }
        case "response.output_item.done" -> names.addAll(named(at(document, "item")));
        case "response.completed", "response.incomplete" ->
            end.append(text(at(at(document, "response"), "status")));
        case "content_block_start" -> {
          JsonNode block = at(document, "content_block");
          if (text(at(block, "type")).equals("tool_use")) {
            names.add(text(at(block, "name")));
            arguments.add(new StringBuilder());
          }
        }
        case "content_block_delta" -> {
          text.append(text(at(at(document, "delta"), "text")));
          String json = text(at(at(document, "delta"), "partial_json"));
          if (!json.isEmpty()) {
            arguments.getLast().append(json);
          }
        }
        case "message_delta" -> end.append(text(at(at(document, "delta"), "stop_reason")));
        default -> whole(document, text, names, arguments, end);
      }
    }
    List<String> json =
        arguments.stream().map(all -> all.isEmpty() ? "{}" : all.toString()).toList();
    return new Said(text.toString(), names, json, end.toString());
  }

  /** Answers of Messages, Responses and ours that came in one piece, and pieces of ours. */
  private static void whole(
      JsonNode document,
      StringBuilder text,
      List<String> names,
      List<StringBuilder> arguments,
      StringBuilder end) {
    text.append(text(at(document, "content"))).append(text(at(document, "token")));
    if (at(document, "tool_call") instanceof JsonNode.ObjectNode call) {
      call(call, names, arguments);
    }
    end.append(text(at(document, "finish_reason"))).append(text(at(document, "stop_reason")));
    for (JsonNode block : each(document, "content")) {
      text.append(text(at(block, "text")));
      if (text(at(block, "type")).equals("tool_use")) {
        names.add(text(at(block, "name")));
        arguments.add(new StringBuilder(at(block, "input").toJson().value()));
      }
    }
    List<JsonNode> items = each(document, "output");
    for (JsonNode item : items) {
      each(item, "content").forEach(part -> text.append(text(at(part, "text"))));
      names.addAll(named(item));
      if (text(at(item, "type")).equals("function_call")) {
        arguments.add(new StringBuilder(text(at(item, "arguments"))));
      }
    }
    end.append(items.isEmpty() ? "" : text(at(document, "status")));
  }

  private static List<String> named(JsonNode item) {
    return text(at(item, "type")).equals("function_call")
        ? List.of(text(at(item, "name")))
        : List.of();
  }

  private static void call(JsonNode call, List<String> names, List<StringBuilder> arguments) {
    String name = text(at(call, "name"));
    if (!name.isEmpty()) {
      names.add(name);
      arguments.add(new StringBuilder());
    }
    JsonNode all = at(call, "arguments");
    arguments
        .getLast()
        .append(all instanceof JsonNode.ObjectNode ? all.toJson().value() : text(all));
  }

  private static JsonNode read(String json) {
    var reader = new PartialJson();
    reader.feed(json);
    reader.end();
    return reader.root().orElseThrow();
  }

  private static JsonNode at(JsonNode node, String name) {
    JsonNode found = node instanceof JsonNode.ObjectNode object ? object.members().get(name) : null;
    return found == null ? read("null") : found;
  }

  private static List<JsonNode> each(JsonNode node, String name) {
    return at(node, name) instanceof JsonNode.ArrayNode array ? array.elements() : List.of();
  }

  private static String text(JsonNode node) {
    return node instanceof JsonNode.TextNode words ? words.text() : "";
  }

  private static void requireFit(String schema, String json) throws Exception {
    assertThat(SchemaValidator.of(schema).check(json)).as(json).isEmpty();
  }

  /** A body of each dialect with what is asked, as that dialect calls it. */
  private static Stream<Arguments> schemas() {
    return Stream.of(false, true)
        .flatMap(stream ->
            Stream.of(
                Arguments.of(
                    "/v1/chat/completions",
                    "\"stream\":%s,\"temperature\":2,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":%s}}"
                        .formatted(stream, SCHEMA),
                    "stop"),
                Arguments.of(
                    "/v1/chat/completions",
                    "\"stream\":%s,\"temperature\":2,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"guided_json\":%s"
                        .formatted(stream, SCHEMA),
                    "stop"),
                Arguments.of(
                    "/v1/completions",
                    "\"stream\":%s,\"temperature\":2,\"prompt\":\"x\",\"structured_outputs\":{\"json\":%s}"
                        .formatted(stream, SCHEMA),
                    "stop"),
                Arguments.of(
                    "/v1/responses",
                    "\"stream\":%s,\"temperature\":2,\"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"s\",\"schema\":%s}}"
                        .formatted(stream, SCHEMA),
                    "completed"),
                Arguments.of(
                    "/v1/messages",
                    "\"stream\":%s,\"temperature\":1,\"max_tokens\":500,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":%s}}"
                        .formatted(stream, SCHEMA),
                    "end_turn"),
                Arguments.of(
                    stream ? "/llm/stream" : "/llm/chat",
                    "\"temperature\":2,\"prompt\":\"x\",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":%s}}"
                        .formatted(SCHEMA),
                    "stop")));
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void everyAnswerFitsItsSchema(String path, String fields, String end) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Said said = ask(path, "{\"model\":\"local\"," + fields + "}");
      assertThat(said.end()).isEqualTo(end);
      requireFit(SCHEMA, said.text());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void jsonModeIsAnObjectOrCut(boolean stream) throws Exception {
    int whole = 0;
    for (int round = 0; round < 3 * ROUNDS; round++) {
      Said said =
          ask(
              "/v1/chat/completions",
              "{\"model\":\"local\",\"stream\":%s,\"max_tokens\":600,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_object\"}}"
                  .formatted(stream));
      if (said.end().equals("stop")) {
        whole++;
        requireFit("{\"type\":\"object\"}", said.text());
      } else {
        assertThat(said.end()).isEqualTo("length");
      }
    }
    assertThat(whole).isPositive();
  }

  private static Stream<Arguments> demands() {
    String chatTools =
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look\",\"strict\":true,\"parameters\":%s}},{\"type\":\"function\",\"function\":{\"name\":\"now\",\"parameters\":%s}}],"
            .formatted(SCHEMA, NOW);
    String chat =
        "\"temperature\":2,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]," + chatTools;
    String messages =
        "\"max_tokens\":3000,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"name\":\"look\",\"input_schema\":%s},{\"name\":\"now\",\"input_schema\":%s}],"
            .formatted(SCHEMA, NOW);
    String responses =
        "\"temperature\":2,\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"look\",\"parameters\":%s},{\"type\":\"function\",\"name\":\"now\",\"parameters\":%s}],"
            .formatted(SCHEMA, NOW);
    return Stream.of(false, true)
        .flatMap(stream -> {
          String how = "\"stream\":" + stream + ",";
          return Stream.of(
              Arguments.of(
                  "/v1/chat/completions",
                  how + chat + "\"parallel_tool_calls\":false,\"tool_choice\":\"required\"",
                  "tool_calls",
                  "any"),
              Arguments.of(
                  "/v1/chat/completions",
                  how
                      + chat
                      + "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"look\"}}",
                  "tool_calls",
                  "look"),
              Arguments.of(
                  "/v1/messages",
                  how
                      + messages
                      + "\"tool_choice\":{\"type\":\"any\",\"disable_parallel_tool_use\":true}",
                  "tool_use",
                  "any"),
              Arguments.of(
                  "/v1/messages",
                  how + messages + "\"tool_choice\":{\"type\":\"tool\",\"name\":\"look\"}",
                  "tool_use",
                  "look"),
              Arguments.of(
                  "/v1/responses",
                  how + responses + "\"parallel_tool_calls\":false,\"tool_choice\":\"required\"",
                  "completed",
                  "any"),
              Arguments.of(
                  "/v1/responses",
                  how + responses + "\"tool_choice\":{\"type\":\"function\",\"name\":\"look\"}",
                  "completed",
                  "look"),
              Arguments.of(
                  stream ? "/llm/stream" : "/llm/chat",
                  chat + "\"parallel_tool_calls\":false,\"tool_choice\":\"required\"",
                  "tool_calls",
                  "any"));
        });
  }

  @ParameterizedTest
  @MethodSource("demands")
  void aDemandedCallIsMadeAndFitsTheToolsSchema(String path, String fields, String end, String name)
      throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Said said = ask(path, "{\"model\":\"local\"," + fields + "}");
      assertThat(said.text()).isEmpty();
      assertThat(said.end()).isEqualTo(end);
      assertThat(said.names()).hasSameSizeAs(said.arguments()).isNotEmpty();
      if (name.equals("any")) {
        assertThat(said.names()).as("one at a time").hasSize(1).isSubsetOf("look", "now");
      } else {
        assertThat(said.names()).containsOnly(name);
      }
      for (int i = 0; i < said.names().size(); i++) {
        requireFit(said.names().get(i).equals("look") ? SCHEMA : NOW, said.arguments().get(i));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      textBlock =
          """
          /v1/chat/completions => "messages":[{"role":"user","content":"x"}],"grammar":"root ::= \\"yes\\" | \\"no\\"" => yes|no
          /v1/chat/completions => "messages":[{"role":"user","content":"x"}],"guided_choice":["a b","\\u00e9\\""] => a b|é"
          /v1/chat/completions => "messages":[{"role":"user","content":"x"}],"stream":true,"structured_outputs":{"grammar":"root ::= [0-9]{3} n\\nn ::= \\"-\\" [a-f]"} => [0-9]{3}-[a-f]
          /v1/completions => "prompt":"x","guided_grammar":"root ::= [0-9]{3} n\\nn ::= \\"-\\" [a-f]" => [0-9]{3}-[a-f]
          /llm/chat => "prompt":"x","grammar":"root ::= [0-9]{3} n\\nn ::= \\"-\\" [a-f]" => [0-9]{3}-[a-f]
          /llm/stream => "prompt":"x","grammar":"root ::= [0-9]{3} n\\nn ::= \\"-\\" [a-f]" => [0-9]{3}-[a-f]
          """)
  void everyAnswerIsOfItsGrammar(String path, String fields, String pattern) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Said said = ask(path, "{\"model\":\"local\",\"temperature\":2," + fields + "}");
      assertThat(said.text()).matches(pattern);
      assertThat(said.end()).isEqualTo("stop");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      textBlock =
          """
          "grammar":"root ::= x" => grammar
          "grammar":"a ::= \\"x\\"" => grammar
          "grammar":"root ::= root \\"a\\" | \\"b\\"" => grammar
          "grammar":"root ::= (" => grammar
          "grammar":"" => grammar
          "guided_grammar":"root ::= x" => guided_grammar
          "guided_choice":[] => guided_choice
          "guided_regex":"a+" => guided_regex
          "grammar":"root ::= \\"a\\"","response_format":{"type":"json_object"} => grammar
          "guided_json":{"type":"string","pattern":"(a)\\\\1"} => guided_json.pattern
          "response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"array","uniqueItems":true,"items":{"type":"string"}}}} => response_format.json_schema.schema.uniqueItems
          "response_format":{"type":"json_object"},"tools":[{"type":"function","function":{"name":"f"}}] => response_format
          "tool_choice":"required","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string","pattern":"(a)\\\\1"}}}}}] => tools[0].function.parameters.properties.a.pattern
          """)
  void whatCannotBeHeldIsRefusedByItsPath(String fields, String path) throws Exception {
    HttpResponse<String> refused =
        send(
            "/v1/chat/completions",
            "{\"model\":\"local\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
                + fields
                + "}");
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
    assertThat(text(at(at(read(refused.body()), "error"), "param"))).isEqualTo(path);
  }

  @Test
  void anAnswerThatIsCutSaysSo() throws Exception {
    String cut =
        "{\"model\":\"local\",\"max_tokens\":6,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],";
    Said text =
        ask(
            "/v1/chat/completions",
            cut
                + "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":"
                + SCHEMA
                + "}}}");
    assertThat(text.end()).isEqualTo("length");
    Said call =
        ask(
            "/v1/messages",
            cut
                + "\"tool_choice\":{\"type\":\"any\"},\"tools\":[{\"name\":\"look\",\"input_schema\":"
                + SCHEMA
                + "}]}");
    assertThat(call.end()).isEqualTo("max_tokens");
  }

  @Test
  void theModelSaysThatItDoes() throws Exception {
    HttpResponse<String> models =
        client.send(
            HttpRequest.newBuilder(server.uri("/llm/models")).build(), BodyHandlers.ofString());
    String local =
        each(read(models.body()), "models").stream()
            .filter(model -> text(at(model, "id")).equals("local"))
            .map(model -> model.toJson().value())
            .findFirst()
            .orElseThrow(() -> new AssertionError(models.body()));
    assertThat(local).contains("\"json\":true");
  }
}
