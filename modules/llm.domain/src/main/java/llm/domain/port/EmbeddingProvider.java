package llm.domain.port;

import llm.domain.call.Call;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmException;

/**
 * Makes vectors of texts. A provider of models says by {@link ChatProvider#embeddings} of which
 * models it can. Thread-safe.
 */
@FunctionalInterface
public interface EmbeddingProvider {

  /**
   * The vectors of all inputs. Blocks until they are there; ends soon after {@code call} is
   * cancelled.
   *
   * @throws LlmException when the request is refused or not answered as a whole: there is no part
   *     of an answer
   */
  EmbeddingResult embed(EmbeddingRequest request, Call call) throws LlmException;
}
