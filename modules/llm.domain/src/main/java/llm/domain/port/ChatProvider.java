package llm.domain.port;

import java.util.List;
import java.util.Optional;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.ResultCollector;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;

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
   * The same answer for a consumer that waits for all of it. A provider whose upstream gives whole
   * answers at less cost asks for one, waits for it here, and gives it as few events; the default
   * streams.
   *
   * @throws LlmException when the request is refused
   */
  default EventStream<StreamEvent> answer(ChatRequest request, Call call) throws LlmException {
    return stream(request, call);
  }

  /**
   * The whole answer at once: what {@link #answer} gives, gathered.
   *
   * @throws LlmException when the answer is not complete
   */
  default ChatResult complete(ChatRequest request, Call call) throws LlmException {
    return ResultCollector.collect(request.model().value(), answer(request, call));
  }

  /** The models that can be asked for now, in a stable order. Does not block on a network. */
  List<ModelInfo> models();

  /** What is known of {@code model}; empty when this provider does not serve it. */
  default Optional<ModelInfo> model(ModelName model) {
    return models().stream().filter(info -> info.id().equals(model.value())).findFirst();
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
