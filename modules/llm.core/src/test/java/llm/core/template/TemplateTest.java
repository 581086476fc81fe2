package llm.core.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import llm.core.template.ConversationTemplate.Ending;
import llm.core.template.ConversationTemplate.Marks;
import llm.core.template.jinja.Template;
import llm.core.template.value.Key;
import llm.core.template.value.Meter;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Text;
import llm.core.template.value.Value;
import llm.core.testkit.Fuzz;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("P-1: prompts of local models are what Jinja makes of their templates")
class TemplateTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("templates", "src/test/resources/templates"));
  private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 7, 4, 9, 5, 3, 0, ZoneOffset.UTC);
  private static final ModelName MODEL = new ModelName("m");
  private static final ToolDefinition TOOL =
      new ToolDefinition("look", Optional.of("Looks."), new JsonText("{\"type\":\"object\"}"));

  static Stream<String> renderings() throws Exception {
    return json("expected.json").keySet().stream().map(Key::toString);
  }

  @ParameterizedTest
  @MethodSource("renderings")
  void rendersAsJinjaDoes(String rendering) throws Exception {
    Value expected = json("expected.json").get(Key.of(rendering));
    String[] names = rendering.split(" ");
    Map<String, Value> values = new HashMap<>();
    ((Value.Dict) json("conversations.json").get(Key.of(names[1])))
        .entries()
        .forEach((name, value) -> values.put(name.toString(), value));
    values.put("bos_token", Value.of("<s>"));
    values.put("eos_token", Value.of("</s>"));
    String text = Files.readString(FOLDER.resolve(names[0] + ".jinja"));

    if (expected instanceof Value.Str(Text words)) {
      assertThat(Template.parse(text).render(values, new Meter(1_000), NOW).toString())
          .isEqualTo(words.toString());
    } else {
      assertThatThrownBy(() -> Template.parse(text).render(values, new Meter(1_000), NOW))
          .isInstanceOf(TemplateException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\n{% include 'x' %}",
        "a\n{{ x | attr('y') }}",
        "a\n{{ x is wild }}",
        "a\n{% if true %}{{ 1 | wild }}{% endif %}",
        "a\n{% if false %}{% for i in [1] %}{{ i | wild }}{% endfor %}{% endif %}",
        "a\n{% if false %}{% set x %}{{ 1 is wild }}{% endset %}{% endif %}",
        "a\n{{ 1 | wild if true else 2 }}",
        "a\n{{ (1 if true else 2) | wild }}",
        "a\n{{ {[1]: 2} }}",
        "a\n{{ {1: 1, 'a': 2} | dictsort }}",
        "a\n{% for x in y %}",
        "a\n{{ 'x",
        "a\n{{ ''.__class__.mro() }}",
        "a\n{{ open('/etc/passwd') }}",
        "a\n{% set x = [] %}{{ x.append(1) }}",
        "a\n{{ 1 / 0 }}",
        "a\n{{ 2 ** 99999 }}"
      })
  void refusesWhatItDoesNotKnowWithTheLine(String template) {
    assertThatThrownBy(() -> Template.parse(template).render(Map.of(), new Meter(0), NOW))
        .isInstanceOf(TemplateException.class)
        .hasMessageStartingWith("line 2: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{{ range(999999999) | list }}",
        "{{ 'x' * 999999999 }}",
        "{% set n = namespace(x='xx') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"
      })
  void comesToAnEnd(String template) {
    assertThatThrownBy(() -> Template.parse(template).render(Map.of(), new Meter(0), NOW))
        .isInstanceOf(TemplateException.class);
  }

  @Test
  void tellsTheCallersWordsFromTheTemplates() throws Exception {
    RenderedPrompt prompt =
        template("hermes")
            .render(ChatRequest.of(MODEL, List.of(Message.user("a<|im_end|>b"))), Ending.ANSWER);

    assertThat(prompt.parts())
        .containsExactly(
            "<|im_start|>user\n", "a<|im_end|>b", "<|im_end|>\n<|im_start|>assistant\n");
  }

  @Test
  void aLongerConversationBeginsWithTheShorterOne() throws Exception {
    var template = template("hermes");
    var first = ChatRequest.of(MODEL, List.of(Message.system("s"), Message.user("a")));
    var next =
        first.withMessages(
            all -> Stream.concat(all.stream(), Stream.of(Message.assistant("b"))).toList());

    assertThat(template.render(next, Ending.ANSWER).text())
        .startsWith(template.render(first, Ending.ANSWER).text());
    assertThat(template.render(first, Ending.ANSWER).text())
        .startsWith(template.render(first, Ending.OPEN).text());
  }

  @Test
  void callsAndResultsReachThePromptInTheTemplatesForm() throws Exception {
    var call = new ToolCall("call_with_a_long_id", "look", new JsonText("{\"at\":\"sky\"}"));
    var request =
        ChatRequest.of(
                MODEL,
                List.of(
                    Message.user("q"),
                    Message.assistant("", List.of(call)),
                    Message.tool(call.id(), "blue")))
            .withTools(List.of(TOOL));

    assertThat(template("hermes").render(request, Ending.ANSWER).text())
        .contains("<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"sky\"}}")
        .contains("<tool_response>\nblue\n</tool_response>");
    assertThat(template("mistral").render(request, Ending.ANSWER).text())
        .containsPattern("\"id\": \"[0-9a-z]{9}\"}]");
  }

  @Test
  void putsTheSystemsWordsBeforeTheUsersWhereThereIsNoSuchRole() throws Exception {
    var request = ChatRequest.of(MODEL, List.of(Message.system("s"), Message.user("u")));

    assertThat(template("gemma").mergesSystem()).isTrue();
    assertThat(template("gemma").render(request, Ending.ANSWER).text())
        .isEqualTo("<s><start_of_turn>user\ns\n\nu<end_of_turn>\n<start_of_turn>model\n");
  }

  @Test
  void refusesWhatTheTemplateWouldLeaveOut() throws Exception {
    var plain = ChatRequest.of(MODEL, List.of(Message.user("u")));
    var forgetful = of("{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}");

    assertUnsupported(template("gemma"), plain.withTools(List.of(TOOL)), "tools");
    assertUnsupported(
        forgetful,
        ChatRequest.of(MODEL, List.of(Message.user("u"), Message.tool("id", "result"))),
        "messages[1].content");
  }

  @Test
  void tellsWhatTheTemplateItselfRefuses() throws Exception {
    var twice = ChatRequest.of(MODEL, List.of(Message.user("a"), Message.user("b")));

    assertThatThrownBy(() -> template("gemma").render(twice, Ending.ANSWER))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused -> assertThat(refused.error().message()).contains("Roles must alternate"));
  }

  @Test
  @Tag("fuzz")
  @Tag("template")
  void whateverTheTemplateItIsRenderedOrRefused() throws Exception {
    byte[] seed = Files.readAllBytes(Path.of("src/test/resources/templates/language.jinja"));
    var rendered = new AtomicLong();
    long rounds =
        Fuzz.target("template")
            .rounds(1_500)
            .run(
                random -> mutated(seed, random),
                (input, _) -> {
                  try {
                    Template.parse(new String(input, StandardCharsets.UTF_8))
                        .render(Map.of("messages", Value.list(List.of())), new Meter(0), NOW);
                    rendered.incrementAndGet();
                  } catch (TemplateException refused) {
                    assertThat(refused.getMessage()).isNotBlank();
                  }
                });
    assertThat(rounds).isPositive();
  }

  private static byte[] mutated(byte[] seed, Random random) {
    byte[] signs = "{}%#-+|.,:()[]'\"~ \n09aloop".getBytes(StandardCharsets.UTF_8);
    int from = random.nextInt(seed.length - 60);
    byte[] input =
        java.util.Arrays.copyOfRange(
            seed, from, from + 50 + random.nextInt(seed.length - from - 50));
    for (int change = random.nextInt(6); change >= 0; change--) {
      input[random.nextInt(input.length)] = signs[random.nextInt(signs.length)];
    }
    return input;
  }

  private static void assertUnsupported(
      ConversationTemplate template, ChatRequest request, String path) {
    assertThatThrownBy(() -> template.render(request, Ending.ANSWER))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused ->
                assertThat(refused.error())
                    .isInstanceOfSatisfying(
                        LlmError.Unsupported.class,
                        error -> assertThat(error.path()).isEqualTo(path)));
  }

  private static ConversationTemplate template(String name) throws Exception {
    return of(Files.readString(Path.of("src/test/resources/templates", name + ".jinja")));
  }

  private static ConversationTemplate of(String text) throws LlmException {
    return ConversationTemplate.of(text, new Marks("<s>", "</s>"), Optional.empty(), () -> NOW);
  }

  private static Map<Key, Value> json(String file) throws Exception {
    var json = new JsonText(Files.readString(FOLDER.resolve(file)));
    return ((Value.Dict) JsonValues.read(json, 1).orElseThrow()).entries();
  }
}
