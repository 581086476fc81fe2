package llm.core.dialect.anthropic;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.openai.ModelResolver;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Priority;
import llm.domain.chat.Role;
import llm.domain.chat.SamplingOptions;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;

/**
 * Reads the bodies of {@code POST /v1/messages} and {@code POST /v1/messages/count_tokens}
 * (https://docs.claude.com/en/api/messages). What our types do not know is kept byte for byte for
 * providers that speak the dialect; for others it is refused by its path where it would change the
 * answer, and else lost, which the caller is told ({@code Gateway.lost}).
 */
public final class MessagesReader {
  /** Fields that ask for what only Anthropic's own service does. */
  private static final Set<String> ANTHROPIC_ONLY =
      Set.of(
          "container",
          "mcp_servers",
          "context_management",
          "inference_geo",
          "user_profile_id",
          "workspace_id");

  /** Asks to hold the messages between requests; clients go on without it when it is refused. */
  static final String THREAD = "thread";

  private final Undone undone = new Undone();
  private final ToolFields tools = new ToolFields(undone);
  private final AnswerFields answer = new AnswerFields(undone);
  private final SamplingOptions.Builder sampling = SamplingOptions.builder();
  private final Map<String, JsonText> extensions = new HashMap<>();
  private Optional<String> model = Optional.empty();
  private List<Part> system = List.of();
  private List<Turn> turns = List.of();
  private Optional<Integer> maxTokens = Optional.empty();
  private Priority priority = Priority.INTERACTIVE;
  private boolean stream;

  private MessagesReader() {}

  /**
   * Reads the body of {@code POST /v1/messages}.
   *
   * @param body UTF-8; a byte order mark is skipped
   * @param resolver finds the model the body means, or the default when it names none
   * @throws LlmException with {@code InvalidJson}, {@code InvalidRequest} or {@code Unsupported},
   *     or what the resolver throws
   */
  public static MessagesCall read(byte[] body, ModelResolver resolver) throws LlmException {
    return JsonCursor.document(
        body,
        in -> {
          var reader = new MessagesReader();
          in.object(name -> reader.take(name, in));
          if (reader.maxTokens.isEmpty()) {
            throw missing("max_tokens", "this API asks for it");
          }
          return new MessagesCall(reader.request(resolver), reader.stream);
        });
  }

  /**
   * Reads the body of {@code POST /v1/messages/count_tokens}, which has no {@code max_tokens}.
   *
   * @throws LlmException as {@link #read}
   */
  public static ChatRequest readToCount(byte[] body, ModelResolver resolver) throws LlmException {
    return JsonCursor.document(
        body,
        in -> {
          var reader = new MessagesReader();
          in.object(name -> reader.take(name, in));
          return reader.request(resolver);
        });
  }

  private void take(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "model" -> {
        String text = in.string();
        model = Optional.of(in.legal(() -> new ModelName(text)).value());
      }
      case "messages" -> turns = Turn.turns(in, undone);
      case "system" -> system = BlockReader.parts(in, undone);
      case "max_tokens" -> maxTokens = Optional.of(limit(in));
      case "stream" -> stream = in.flag();
      case "tools" -> tools.readTools(in);
      case "tool_choice" -> tools.readChoice(in);
      case "priority" -> priority = priority(in);
      case THREAD ->
          throw Refusals.unsupported(
              in.path(), "'thread': no messages are held here; send all of them each time");
      default -> {
        if (!takeSampling(name, in) && !answer.take(name, in)) {
          extension(name, in);
        }
      }
    }
  }

  private boolean takeSampling(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "temperature" -> {
        double value = in.number();
        if (!(value >= 0 && value <= 1)) {
          throw in.refusal("temperature " + value + " must be 0 to 1 in this API");
        }
        sampling.temperature(in.legal(() -> new Temperature(value)));
      }
      case "top_p" -> sampling.topP(in.number());
      case "top_k" -> sampling.topK(in.integer());
      case "stop_sequences" -> {
        var stops = new ArrayList<String>();
        in.array(_ -> stops.add(in.string()));
        sampling.stop(stops);
      }
      default -> {
        return false;
      }
    }
    in.legal(sampling::build);
    return true;
  }

  private void extension(String name, JsonCursor in) {
    if (ANTHROPIC_ONLY.contains(name)) {
      undone.exceptByAnthropic(() -> Refusals.unsupported(in.path(), "'" + name + "'"));
    }
    extensions.put(name, in.cut());
  }

  private ChatRequest request(ModelResolver resolver) throws LlmException {
    if (turns.isEmpty()) {
      throw missing("messages", "it must hold at least one message");
    }
    AnswerForm form = answer.form();
    ModelName resolved = resolver.resolve(model);
    boolean asItStands = resolver.reads(resolved, Dialect.ANTHROPIC);
    if (!asItStands) {
      undone.require(resolver.holdsStrict(resolved, tools.choice()));
    }
    extensions.putAll(asItStands ? answer.raw() : answer.partly());
    return new ChatRequest(
        resolved,
        messages(asItStands),
        tools.tools(),
        tools.choice(),
        sampling.build(),
        maxTokens,
        Extensions.of(Dialect.ANTHROPIC, extensions),
        priority,
        tools.oneAtATime() ? form.withParallelToolCalls(false) : form);
  }

  private List<Message> messages(boolean inOrder) {
    var messages = new ArrayList<Message>();
    if (!system.isEmpty()) {
      messages.add(Message.of(Role.SYSTEM, system));
    }
    turns.forEach(turn -> messages.addAll(turn.messages(inOrder)));
    return messages;
  }

  private static int limit(JsonCursor in) throws LlmException {
    int value = in.integer();
    if (value < 1) {
      throw in.refusal("max_tokens " + value + " must be at least 1");
    }
    return value;
  }

  private static Priority priority(JsonCursor in) throws LlmException {
    String name = in.string();
    return Priority.of(name)
        .orElseThrow(() -> in.refusal("priority must be interactive or background"));
  }

  private static LlmException missing(String field, String why) {
    return new LlmException(LlmError.InvalidRequest.at(field, field + " is missing; " + why));
  }
}
