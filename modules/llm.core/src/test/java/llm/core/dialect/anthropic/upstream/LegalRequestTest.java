package llm.core.dialect.anthropic.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.Role;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;
import llm.domain.content.Proof;
import llm.domain.content.Thinking;
import llm.domain.content.Thinking.Effort;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-2 whatever is asked, what goes to Anthropic is legal, or it is refused")
class LegalRequestTest {
  private static final long SEED = 20_261_121;
  private static final int ROUNDS = 1_000;
  private static final List<String> TEXTS = List.of("", " ", "hi", "grüße 😀\n", "\ud800", "\"\\");
  private static final List<String> ARGUMENTS =
      List.of("", "{}", "{\"x\": 1}", "[1]", "{\"x\":", "1");
  private static final Set<String> OF_USER = Set.of("text", "image", "tool_result", "document");
  private static final Set<String> OF_ASSISTANT =
      Set.of("text", "tool_use", "thinking", "redacted_thinking", "image", "document");

  private final Random random = new Random(SEED);

  @Test
  void everyBodyIsLegal() throws LlmException {
    int legal = 0;
    for (int round = 0; round < ROUNDS; round++) {
      ChatRequest request = request();
      String as = "seed " + SEED + ", round " + round + ": " + request;
      try {
        String model = random.nextBoolean() ? "claude-sonnet-4-5" : "claude-opus-4-6";
        byte[] body = MessagesRequestWriter.write(request, model, true, RequestTraits.COMMON);
        JsonCursor.document(body, in -> new Body(in, as).check());
        legal++;
      } catch (LlmException refused) {
        assertThat(refused.error())
            .as(as)
            .isInstanceOfAny(LlmError.Unsupported.class, LlmError.InvalidRequest.class);
      }
    }
    assertThat(legal).as("seed " + SEED).isGreaterThan(ROUNDS / 4);
  }

  private ChatRequest request() {
    var messages = new ArrayList<Message>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      messages.add(message());
    }
    var tools = new ArrayList<ToolDefinition>();
    for (int i = random.nextInt(3); i > 0; i--) {
      var schema = new JsonText(random.nextBoolean() ? "{ }" : "{\"properties\":{}}");
      tools.add(new ToolDefinition("f" + i, Optional.empty(), schema));
    }
    AnswerForm form = AnswerForm.ANY;
    if (random.nextBoolean()) {
      form = form.withParallelToolCalls(random.nextBoolean());
    }
    form =
        switch (random.nextInt(5)) {
          case 0 -> form.withThinking(new Thinking.ByEffort(any(List.of(Effort.values()))));
          case 1 -> form.withThinking(new Thinking.Budget(1 + random.nextInt(3_000)));
          case 2 ->
              form.withFormat(
                  new ResponseFormat.JsonSchema("s", Optional.empty(), new JsonText("{}"), false));
          default -> form;
        };
    var request =
        ChatRequest.of(new ModelName("m"), messages)
            .withTools(tools)
            .withForm(form)
            .withSampling(
                random.nextInt(4) > 0
                    ? SamplingOptions.DEFAULTS
                    : SamplingOptions.DEFAULTS.withTemperature(
                        new Temperature(random.nextDouble() * 2)));
    return random.nextInt(3) == 0 ? request : request.withMaxTokens(1 + random.nextInt(4_000));
  }

  private Message message() {
    var parts = new ArrayList<Part>();
    for (int i = random.nextInt(3); i > 0; i--) {
      parts.add(part());
    }
    return switch (random.nextInt(6)) {
      case 0 -> Message.of(Role.SYSTEM, parts);
      case 1, 2 -> Message.of(Role.USER, parts);
      case 3, 4 -> assistant(parts);
      default ->
          new Message(
              Role.TOOL,
              parts,
              List.of(),
              Optional.of(any(List.of("c1", "call.2", "ü"))),
              random.nextBoolean(),
              Optional.empty(),
              List.of(),
              Extensions.NONE);
    };
  }

  private Message assistant(List<Part> parts) {
    var calls = new ArrayList<ToolCall>();
    for (int i = random.nextInt(3); i > 0; i--) {
      calls.add(new ToolCall(any(List.of("c1", "call.2")), "f", new JsonText(any(ARGUMENTS))));
    }
    var thoughts = new ArrayList<Thought>();
    for (int i = random.nextInt(3); i > 0; i--) {
      thoughts.add(
          any(
              List.of(
                  Thought.of("a"),
                  Thought.hidden(new Proof(Dialect.ANTHROPIC, "b")),
                  Thought.signed("", new Proof(Dialect.ANTHROPIC, "c")))));
    }
    return new Message(
        Role.ASSISTANT,
        parts,
        calls,
        Optional.empty(),
        false,
        Optional.of("n"),
        thoughts,
        Extensions.NONE);
  }

  private Part part() {
    return switch (random.nextInt(8)) {
      case 0 -> new Part.Image(new ImageSource.Url("https://x"));
      case 1 ->
          new Part.Foreign(Dialect.ANTHROPIC, "document", new JsonText("{\"type\":\"document\"}"));
      default -> new Part.Text(any(TEXTS));
    };
  }

  private <T> T any(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  /** Holds a body to what the API's reference asks. */
  private static final class Body {
    private final JsonCursor in;
    private final String as;
    private int maxTokens;
    private int budget;
    private boolean said;

    Body(JsonCursor in, String as) {
      this.in = in;
      this.as = as;
    }

    boolean check() throws LlmException {
      in.object(name -> {
        switch (name) {
          case "max_tokens" -> maxTokens = in.integer();
          case "temperature" -> assertThat(in.number()).as(as).isBetween(0.0, 1.0);
          case "system" -> content("system", Set.of("text", "document"));
          case "messages" -> in.array(_ -> message());
          case "tools" -> in.array(_ -> tool());
          case "thinking" ->
              in.object(field -> {
                if (field.equals("budget_tokens")) {
                  budget = in.integer();
                  assertThat(budget).as(as).isGreaterThanOrEqualTo(1_024);
                }
              });
          default -> {
            // no rule
          }
        }
      });
      assertThat(maxTokens).as(as).isPositive().isGreaterThan(budget);
      return true;
    }

    private void message() throws LlmException {
      var role = new StringBuilder();
      said = false;
      in.object(field -> {
        switch (field) {
          case "role" -> role.append(in.string());
          case "content" ->
              content(role.toString(), role.toString().equals("user") ? OF_USER : OF_ASSISTANT);
          default -> throw new AssertionError(field + " in " + as);
        }
      });
      assertThat(role.toString()).as(as).isIn("user", "assistant");
      assertThat(said).as(as).isTrue();
    }

    private void content(String where, Set<String> types) throws LlmException {
      if (in.isString()) {
        assertThat(in.text()).as(where + " of " + as).isNotBlank();
        said = true;
      } else {
        in.array(_ -> block(types));
      }
    }

    private void block(Set<String> types) throws LlmException {
      said = true;
      in.object(field -> {
        switch (field) {
          case "type" -> assertThat(types).as(as).contains(in.string());
          case "text" -> assertThat(in.string()).as(as).isNotBlank();
          case "input" -> assertThat(in.isObject()).as(as).isTrue();
          case "id", "tool_use_id" -> assertThat(in.string()).as(as).matches("[A-Za-z0-9_-]+");
          case "content" -> content("result", Set.of("text", "image", "document"));
          default -> {
            // no rule
          }
        }
      });
    }

    private void tool() throws LlmException {
      in.object(field -> {
        if (field.equals("input_schema")) {
          var names = new ArrayList<String>();
          in.object(names::add);
          assertThat(names).as(as).contains("type");
        }
      });
    }
  }
}
