package llm.core.dialect.responses;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.FirstRefusal;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.openai.ModelResolver;
import llm.core.dialect.openai.SamplingFields;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.chat.SamplingOptions;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.text.Excerpt;

/**
 * Reads the body of {@code POST /v1/responses}
 * (https://platform.openai.com/docs/api-reference/responses/create). Fields that are not known go
 * along as extensions, byte for byte; so do known ones that are not done, where the model's
 * provider speaks the dialect itself. Elsewhere those are refused by their path.
 */
public final class ResponsesRequestReader {
  private static final String LOGPROBS = "message.output_text.logprobs";
  private static final String ENCRYPTED = "reasoning.encrypted_content"; // told anyway

  private final Map<String, JsonText> extensions = new HashMap<>();
  private final Map<String, JsonText> given = new LinkedHashMap<>();
  private final FirstRefusal undone = new FirstRefusal();
  private final FirstRefusal strictness = new FirstRefusal();
  private final SamplingFields sampling = new SamplingFields();
  private final FormReader form = new FormReader(undone);
  private final ResponseToolReader tools = new ResponseToolReader(undone, strictness);
  private List<JsonText> input = List.of();
  private Optional<String> model = Optional.empty();
  private Optional<String> instructions = Optional.empty();
  private Optional<String> previous = Optional.empty();
  private Optional<Integer> maxTokens = Optional.empty();
  private Optional<Integer> topLogprobs = Optional.empty();
  private Optional<Boolean> store = Optional.empty();
  private Optional<Priority> priority = Optional.empty();
  private boolean flex;
  private boolean logprobs;
  private boolean stream;
  private boolean streamOptions;
  private boolean background;

  private ResponsesRequestReader() {}

  /**
   * Reads a body.
   *
   * @param body UTF-8; a byte order mark is skipped
   * @param resolver finds the model the body means, or the default when it names none
   * @throws LlmException with {@code InvalidJson}, {@code InvalidRequest} or {@code Unsupported},
   *     or what the resolver throws
   */
  public static ResponseCall read(byte[] body, ModelResolver resolver) throws LlmException {
    return JsonCursor.document(body, in -> new ResponsesRequestReader().call(in, resolver));
  }

  private ResponseCall call(JsonCursor in, ModelResolver resolver) throws LlmException {
    in.object(name -> take(name, in));
    requireConsistent();
    ModelName resolved = resolver.resolve(model);
    boolean relayed = resolver.reads(resolved, Dialect.OPENAI_RESPONSES);
    if (!relayed && !undone.isEmpty()) {
      undone.require();
    }
    if (!strictness.isEmpty() && !resolver.holdsStrict(resolved, tools.choice())) {
      strictness.require();
    }
    extensions.putAll(form.nested());
    tools.hosted().ifPresent(others -> extensions.put("tools", others));
    tools.otherChoice().ifPresent(other -> extensions.put("tool_choice", other));
    if (!relayed) { // done here
      extensions.remove("reasoning.summary");
      extensions.remove("reasoning.generate_summary");
      extensions.remove("metadata");
    }
    var frame =
        new ChatRequest(
            resolved,
            List.of(Message.user("")), // others come in its place
            tools.functions(),
            tools.choice(),
            sampling(),
            maxTokens,
            Extensions.of(Dialect.OPENAI_RESPONSES, extensions),
            priority.orElse(
                flex && !relayed || background ? Priority.BACKGROUND : Priority.INTERACTIVE),
            form.form());
    return new ResponseCall(
        frame,
        relayed,
        instructions,
        input,
        previous,
        Asked.of(given),
        new ResponseCall.Output(stream, store, background, form.wantsSummary()));
  }

  private void requireConsistent() throws LlmException {
    if (streamOptions && !stream) {
      throw Refusals.invalid(
          "stream_options", "stream_options belong to a stream; send stream: true with them");
    }
    if (background && store.filter(kept -> !kept).isPresent()) {
      throw Refusals.invalid(
          "store", "store must not be false: a background response is fetched later");
    }
    if (input.isEmpty() && previous.isEmpty() && instructions.isEmpty()) {
      throw Refusals.missing("input", "it must be a string or at least one item");
    }
  }

  private SamplingOptions sampling() throws LlmException {
    SamplingOptions options = sampling.options();
    int top = topLogprobs.orElse(0);
    return logprobs || top > 0 ? options.toBuilder().topLogprobs(top).build() : options;
  }

  private void take(String name, JsonCursor in) throws LlmException {
    if (Asked.isRepeated(name)) {
      JsonText value = in.cut();
      given.put(name, value);
      JsonCursor.piece(
          value,
          in.path(),
          piece -> {
            field(name, value, piece);
            return value;
          });
    } else {
      plain(name, in);
    }
  }

  /** A field that the answer repeats. */
  private void field(String name, JsonText value, JsonCursor in) throws LlmException {
    switch (name) {
      case "instructions" -> instructions = instructions(in);
      case "previous_response_id" -> previous = Optional.of(in.string());
      case "max_output_tokens" -> maxTokens = Optional.of(limit(in));
      case "metadata" -> {
        Metadata.check(in);
        extensions.put(name, value);
      }
      case "parallel_tool_calls" -> form.parallel(in);
      case "reasoning" -> form.reasoning(in);
      case "text" -> form.text(in);
      case "tools" -> tools.tools(in);
      case "tool_choice" -> tools.choice(in);
      case "top_logprobs" -> {
        int count = in.integer();
        in.legal(() -> SamplingOptions.builder().topLogprobs(count).build());
        topLogprobs = Optional.of(count);
      }
      case "service_tier" -> tier(value, in);
      case "truncation" -> truncation(value, in);
      case "temperature", "top_p" -> sampling.take(name, in);
      default -> extensions.put(name, value); // user, safety_identifier, prompt_cache_key
    }
  }

  private void plain(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "model" -> {
        String text = in.string();
        model = Optional.of(in.legal(() -> new ModelName(text)).value());
      }
      case "input" -> input = input(in);
      case "stream" -> stream = in.flag();
      case "store" -> store = Optional.of(in.flag());
      case "background" -> background = in.flag();
      case "include" -> include(in);
      case "priority" -> priority = Optional.of(priority(in));
      case "stream_options" -> {
        streamOptions = true;
        in.object(option -> streamOption(option, in));
      }
      case "conversation" ->
          throw Refusals.unsupported(
              in.path(), "conversations here; go on from an answer by previous_response_id");
      case "prompt", "context_management", "moderation" -> {
        undone.add(() -> Refusals.unsupported(in.path(), name + "; leave it out"));
        extensions.put(name, in.cut());
      }
      default -> {
        if (!sampling.take(name, in)) { // those of servers of open models
          extensions.put(name, in.cut());
        }
      }
    }
  }

  private static Optional<String> instructions(JsonCursor in) throws LlmException {
    String text = in.string();
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  private static List<JsonText> input(JsonCursor in) throws LlmException {
    if (in.isString()) {
      var out = new JsonOut(64).object();
      out.field("type", "message").field("role", "user").name("content").array().object();
      out.field("type", "input_text").field("text", in.string()).endObject().endArray();
      return List.of(new JsonText(new String(out.endObject().toBytes(), UTF_8)));
    }
    if (!in.isArray()) {
      throw in.expected("a string or an array of items");
    }
    var items = new ArrayList<JsonText>();
    in.array(_ -> items.add(in.cutObject()));
    return items;
  }

  private void include(JsonCursor in) throws LlmException {
    JsonText whole = in.cut();
    var others = new ArrayList<String>();
    JsonCursor.piece(
        whole,
        in.path(),
        piece -> {
          piece.array(_ -> {
            String wanted = piece.string();
            logprobs |= wanted.equals(LOGPROBS);
            if (!wanted.equals(LOGPROBS) && !wanted.equals(ENCRYPTED)) {
              others.add(wanted);
            }
          });
          return others;
        });
    if (!others.isEmpty()) {
      extensions.put("include", whole); // of tools that run elsewhere
    }
  }

  private void tier(JsonText value, JsonCursor in) throws LlmException {
    String tier = in.string();
    flex = tier.equals("flex");
    if (!flex && !tier.equals("auto") && !tier.equals("default")) {
      undone.add(() -> Refusals.unsupported(in.path(), "service tiers but flex; send auto"));
    }
    if (!tier.equals("auto")) {
      extensions.put("service_tier", value);
    }
  }

  private void truncation(JsonText value, JsonCursor in) throws LlmException {
    switch (in.string()) {
      case "disabled" -> {
        // what happens anyway
      }
      case "auto" -> extensions.put("truncation", value);
      default -> throw in.refusal("truncation must be auto or disabled");
    }
  }

  private static int limit(JsonCursor in) throws LlmException {
    int value = in.integer();
    if (value < 1) {
      throw in.refusal(in.path() + " " + value + " must be at least 1");
    }
    return value;
  }

  private static Priority priority(JsonCursor in) throws LlmException {
    String name = in.string();
    return Priority.of(name)
        .orElseThrow(() ->
            in.refusal(
                in.path()
                    + " '"
                    + Excerpt.shortened(name)
                    + "' must be interactive or background"));
  }

  private void streamOption(String name, JsonCursor in) throws LlmException {
    if (!name.equals("include_obfuscation")) {
      throw Refusals.unsupported(
          in.path(), "the stream option '" + Excerpt.shortened(name) + "'; leave it out");
    }
    if (in.flag()) {
      throw Refusals.unsupported(in.path(), "stream obfuscation; send false");
    }
  }
}
