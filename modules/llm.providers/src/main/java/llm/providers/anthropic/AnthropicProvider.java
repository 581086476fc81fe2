package llm.providers.anthropic;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import llm.core.dialect.anthropic.upstream.CountReader;
import llm.core.dialect.anthropic.upstream.MessageReader;
import llm.core.dialect.anthropic.upstream.MessagesRequestWriter;
import llm.core.dialect.anthropic.upstream.RequestTraits;
import llm.core.dialect.anthropic.upstream.ThinkingStyle;
import llm.core.provider.ProviderContext;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.SchemaSupport;
import llm.domain.port.Continuation;
import llm.domain.port.Nuance;
import llm.providers.transport.Transport;
import llm.providers.upstream.GoingOn;
import llm.providers.upstream.UpstreamProvider;

/** The models of one upstream that speaks Anthropic's Messages. */
final class AnthropicProvider extends UpstreamProvider {
  private static final String MESSAGES = "/v1/messages";
  private static final String COUNT = MESSAGES + "/count_tokens";
  private static final int MOST_COUNT_BYTES = 64 * 1024;

  /** What is said where nothing is to be said, which the API does not take. */
  private static final List<Message> NEARLY_NOTHING = List.of(Message.user("."));

  private final RequestTraits traits;
  private final GoingOn goingOn;

  AnthropicProvider(AnthropicSettings settings, Transport transport, ProviderContext context) {
    super(settings.upstream(), transport, context);
    this.traits = settings.traits();
    this.goingOn = settings.upstream().goingOn();
  }

  @Override
  public Optional<Dialect> dialect() {
    return Optional.of(Dialect.ANTHROPIC);
  }

  /** All of it but what is told in words; reasoning goes back with its proof alone. */
  @Override
  public Set<Nuance> leavesOut(ModelName model) {
    var left = EnumSet.allOf(Nuance.class);
    if (schemaSupport(model) == SchemaSupport.WORDS) {
      left.remove(Nuance.SCHEMA_DESCRIPTION);
    }
    return left;
  }

  @Override
  public boolean needsOutputLimit() {
    return true;
  }

  /** From a last message, as models up to 4.5 do; later ones refuse it. */
  @Override
  public Continuation continuation(ChatRequest request) {
    boolean takes = ThinkingStyle.takesPrefill(atUpstream(request.model()));
    return goingOn.meaning(takes ? Continuation.PREFILLED : Continuation.IF_ALLOWED);
  }

  /** Models from 4.5 on take one; those before are told in words. */
  @Override
  protected SchemaSupport usualSchemaSupport(ModelName model) {
    return MessagesRequestWriter.takesSchemas(atUpstream(model))
        ? SchemaSupport.NATIVE
        : SchemaSupport.WORDS;
  }

  /** By the upstream, which has an endpoint for it. */
  @Override
  public OptionalInt countPrompt(ChatRequest request, Call call) throws LlmException {
    validateModel(request.model());
    String model = atUpstream(request.model());
    byte[] body = MessagesRequestWriter.writeToCount(request, model, traits);
    byte[] answer = whole(COUNT, body, call, MOST_COUNT_BYTES);
    return OptionalInt.of(CountReader.read(answer, failures()));
  }

  @Override
  protected EventStream<StreamEvent> start(ChatRequest request, Call call, boolean stream)
      throws LlmException {
    validateModel(request.model());
    ChatRequest asked =
        isOurs(call) ? request.withMessages(_ -> NEARLY_NOTHING) : Prefill.of(request);
    String model = atUpstream(request.model());
    byte[] body = MessagesRequestWriter.write(asked, model, stream, traits);
    return answer(
        MESSAGES,
        body,
        request.model(),
        call,
        stream,
        said -> new MessageReader(said, this::callId));
  }
}
