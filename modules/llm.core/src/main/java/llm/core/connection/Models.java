package llm.core.connection;

import llm.domain.call.Call;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;

/** What connections need of whoever knows the models. Thread-safe. */
public interface Models {

  /**
   * Who serves {@code model}.
   *
   * @throws LlmException when nobody does
   */
  ChatProvider providerOf(ModelName model) throws LlmException;

  /**
   * Has {@code model} generate one token from an empty text, and accounts for it as for any
   * request. Blocks until it is there.
   *
   * @throws LlmException when it is refused or fails
   */
  void generateFromNothing(ModelName model, Call call) throws LlmException;
}
