package llm.providers.mock;

import java.util.List;
import llm.core.dialect.grammar.GrammarFields;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ResponseFormat;
import llm.domain.content.Thinking;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** What a mock would pass over if it did not refuse it. */
final class MockLimits {
  private final ChatRequest request;

  private MockLimits(ChatRequest request) {
    this.request = request;
  }

  /**
   * Refuses what {@code request} asks for and nobody does here.
   *
   * @throws LlmException with {@code Unsupported}
   */
  static void require(ChatRequest request) throws LlmException {
    new MockLimits(request).require();
  }

  private void require() throws LlmException {
    if (request.sampling().topLogprobs().isPresent()) {
      throw unsupported(
          "logprobs", "chooses no tokens and has no log probabilities; leave logprobs out");
    }
    List<Message> messages = request.messages();
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).parts().stream().anyMatch(Part.Image.class::isInstance)) {
        throw unsupported("messages[" + i + "].content", "reads no images");
      }
    }
    if (request.form().format() instanceof ResponseFormat.Grammar) {
      throw GrammarFields.unsupported(request);
    }
    if (!(request.form().format() instanceof ResponseFormat.Text)) {
      throw unsupported("response_format", "answers in plain text only");
    }
    if (request.form().thinking().filter(MockLimits::isMoreThanNone).isPresent()) {
      throw unsupported("reasoning_effort", "has no reasoning that could be set");
    }
  }

  private static boolean isMoreThanNone(Thinking wish) {
    return !(wish instanceof Thinking.Off || wish instanceof Thinking.Adaptive);
  }

  private LlmException unsupported(String path, String what) {
    return new LlmException(
        new LlmError.Unsupported(path, "Model '" + request.model() + "' " + what + "."));
  }
}
