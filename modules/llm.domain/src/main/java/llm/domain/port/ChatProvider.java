package llm.domain.port;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.SchemaSupport;

/**
 * One source of models: a remote API, the engine in this process, or the mock.
 *
 * <p>Thread-safe: any number of threads may ask at once; a provider queues or refuses what it
 * cannot serve at once, within bounds it states.
 */
public interface ChatProvider extends AutoCloseable {

  /** The provider's id, as {@code local}; unique in the process. */
  String id();

  /**
   * Starts a generation. Blocks until the upstream has accepted; waiting in a bounded queue counts
   * as accepted, so that a failure after it is the stream's terminal event.
   *
   * <p>The stream ends as {@code Failed} or {@code Cancelled} soon after {@code call} is cancelled:
   * within one token of a local engine, within one socket close of a remote one.
   *
   * @throws LlmException when the request is refused: nothing was started then
   */
  EventStream<StreamEvent> stream(ChatRequest request, Call call) throws LlmException;

  /**
   * The whole answer at once. The default gathers {@link #stream}; a provider with a cheaper way
   * overrides it.
   *
   * @throws LlmException when the answer is not complete
   */
  default ChatResult complete(ChatRequest request, Call call) throws LlmException {
    return ResultCollector.collect(request.model().value(), stream(request, call));
  }

  /**
   * Whether {@link #complete} is more than the default: cheaper than gathering the stream. Only
   * then is it asked; else the stream is, so that its limits and its guard hold.
   */
  default boolean answersWhole() {
    return false;
  }

  /** Whether answers are made inside this process, and nobody else is asked. */
  default boolean answersHere() {
    return false;
  }

  /**
   * The dialect in which this provider asks its upstream; empty when it has none. Extensions of a
   * request in that dialect reach the model; of others, fields that ask for what is not done are
   * refused.
   */
  default Optional<Dialect> dialect() {
    return Optional.empty();
  }

  /**
   * The dialects in which this provider can ask for {@code model}: several where it takes the one
   * that a request came in.
   */
  default Set<Dialect> dialects(ModelName model) {
    return dialect().map(Set::of).orElse(Set.of());
  }

  /**
   * What of a request to {@code model} this provider has no place for, and leaves out. One that
   * asks in no dialect looks at images in one way, at schemas without their descriptions, and at no
   * predictions.
   */
  default Set<Nuance> leavesOut(ModelName model) {
    return dialects(model).isEmpty()
        ? Set.of(Nuance.IMAGE_DETAIL, Nuance.SCHEMA_DESCRIPTION, Nuance.PREDICTION)
        : Set.of();
  }

  /**
   * Whether every request needs a limit of its answer's tokens, because the upstream has none of
   * its own; a request without one is given the model's.
   */
  default boolean needsOutputLimit() {
    return false;
  }

  /**
   * How it would go on with an answer to {@code request} whose text has begun. The request is the
   * one that was asked first.
   */
  default Continuation continuation(ChatRequest request) {
    return Continuation.NEVER;
  }

  /** What it does so that answers of {@code model} fit a schema. */
  default SchemaSupport schemaSupport(ModelName model) {
    return SchemaSupport.NATIVE;
  }

  /** Text that stands before the system message of every request to this provider, by its user. */
  default Optional<String> systemPrefix() {
    return Optional.empty();
  }

  /**
   * Whether requests to {@code model} may name LoRA adapters; where not, one that does is refused.
   */
  default boolean takesAdapters(ModelName model) {
    return false;
  }

  /**
   * Tokens of the request as the model's prompt, counted by who reads it; empty when this provider
   * cannot, and an estimate has to do. Blocks as long as that takes.
   *
   * @throws LlmException when the request is refused, as {@link #stream} would
   */
  default OptionalInt countPrompt(ChatRequest request, Call call) throws LlmException {
    return OptionalInt.empty();
  }

  /**
   * Who makes vectors by {@code model}; empty when this provider cannot, or not by this model. What
   * only the asking can show is refused then.
   */
  default Optional<EmbeddingProvider> embeddings(ModelName model) {
    return Optional.empty();
  }

  /**
   * Who keeps the beginnings of prompts of {@code model} warm; empty when this provider cannot, or
   * not for this model.
   */
  default Optional<PrefixWarmer> prefixes(ModelName model) {
    return Optional.empty();
  }

  /** Who makes ready what requests go over, and how it is kept so; empty when there is nothing. */
  default Optional<ConnectionWarmer> connection() {
    return Optional.empty();
  }

  /** The same for requests to {@code model}, where that makes a difference. */
  default Optional<ConnectionWarmer> connection(ModelName model) {
    return connection();
  }

  /** Who brings this provider's models into memory and out; empty when they are not here. */
  default Optional<ModelMemory> memory() {
    return Optional.empty();
  }

  /** The models that can be asked for now, in a stable order. Does not block on a network. */
  List<ModelInfo> models();

  /** What is known of {@code model}; empty when this provider does not serve it. */
  default Optional<ModelInfo> model(ModelName model) {
    for (ModelInfo info : models()) {
      if (info.id().equals(model.value())) {
        return Optional.of(info);
      }
    }
    return Optional.empty();
  }

  /**
   * Says why {@code model} cannot be asked for, if so.
   *
   * @throws LlmException with {@code ModelNotFound} or {@code ModelUnavailable}
   */
  default void validateModel(ModelName model) throws LlmException {
    if (model(model).isEmpty()) {
      throw new LlmException(new LlmError.ModelNotFound(model.value()));
    }
  }

  /** How the provider is; does not block. */
  ProviderHealth health();

  /** Stops the provider: running generations end as cancelled by shutdown. Idempotent. */
  @Override
  void close();
}
