package llm.core.gateway;

import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.domain.port.ChatProvider;

/** How the consumer wants the answer, which decides how a provider is asked. */
enum Delivery {
  /** Event by event: waiting for acceptance is waiting for the first token. */
  STREAMED {
    @Override
    EventStream<StreamEvent> ask(ChatProvider provider, ChatRequest request, SilenceLimit limit)
        throws LlmException {
      limit.waitBegins();
      try {
        return provider.stream(request, limit.call());
      } finally {
        limit.waitEnds();
      }
    }
  },
  /** All at once: a provider may wait for the whole answer before it gives a stream. */
  WHOLE {
    @Override
    EventStream<StreamEvent> ask(ChatProvider provider, ChatRequest request, SilenceLimit limit)
        throws LlmException {
      return provider.answer(request, limit.call());
    }
  };

  /**
   * Asks the provider.
   *
   * @throws LlmException when it refuses
   */
  abstract EventStream<StreamEvent> ask(
      ChatProvider provider, ChatRequest request, SilenceLimit limit) throws LlmException;
}
