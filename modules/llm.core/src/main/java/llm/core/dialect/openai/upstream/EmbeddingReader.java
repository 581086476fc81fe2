package llm.core.dialect.openai.upstream;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.upstream.ErrorReader;
import llm.core.dialect.upstream.UpstreamError;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.chat.Usage;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Reads the answer of {@code POST /embeddings}: vectors as numbers or in base64, in any order,
 * exactly one for each input. Usage that is missing is {@link Usage#NONE}.
 */
public final class EmbeddingReader {
  private static final int FIRST_SIZE = 1_536;

  private final JsonCursor in;
  private final Embedding[] vectors; // by input; null where none came yet
  private final UpstreamFailures failures;
  private Usage usage = Usage.NONE;
  private Optional<UpstreamError> error = Optional.empty();
  private boolean listed;

  private EmbeddingReader(JsonCursor in, int inputs, UpstreamFailures failures) {
    this.in = in;
    this.vectors = new Embedding[inputs];
    this.failures = failures;
  }

  /**
   * The vectors of {@code body}.
   *
   * @param model the model as the caller asked for it
   * @param inputs how many vectors there must be
   * @throws LlmException when the body is no such list, or reports an error
   */
  public static EmbeddingResult read(
      byte[] body, String model, int inputs, UpstreamFailures failures) throws LlmException {
    EmbeddingReader read;
    try {
      read = JsonCursor.document(body, in -> new EmbeddingReader(in, inputs, failures).walked());
    } catch (LlmException broken) {
      boolean told = broken.error() instanceof LlmError.ProviderFailed;
      throw told ? broken : new LlmException(failures.noChunk(broken.error(), body), broken);
    }
    return read.result(model, body);
  }

  private EmbeddingReader walked() throws LlmException {
    in.object(name -> {
      switch (name) {
        case "data" -> {
          listed = true;
          in.array(this::row);
        }
        case "usage" -> usage = UsageReader.read(in).orElse(Usage.NONE);
        case "error" -> error = ErrorReader.value(in);
        default -> {
          // of no interest
        }
      }
    });
    return this;
  }

  private EmbeddingResult result(String model, byte[] body) throws LlmException {
    if (error.isPresent()) {
      throw new LlmException(failures.inStream(error.get()));
    }
    if (!listed) {
      throw broke("sent no list of vectors: " + UpstreamFailures.quoted(body));
    }
    for (int index = 0; index < vectors.length; index++) {
      if (vectors[index] == null) {
        throw broke("sent no vector for input " + index + " of " + vectors.length);
      }
      if (vectors[index].size() != vectors[0].size()) {
        throw broke(
            "sent vectors of " + vectors[0].size() + " and " + vectors[index].size() + " numbers");
      }
    }
    int prompt = Math.max(usage.promptTokens(), usage.totalTokens());
    return new EmbeddingResult(model, List.of(vectors), Usage.of(prompt, 0));
  }

  /** The place of a row is its index, or where it stands when it says none. */
  private void row(int place) throws LlmException {
    var index = new int[] {place};
    var found = new ArrayList<Embedding>(1);
    in.object(name -> {
      switch (name) {
        case "index" -> index[0] = in.integer();
        case "embedding" -> found.add(vector());
        default -> {
          // of no interest
        }
      }
    });
    if (found.isEmpty()) {
      throw broke("sent a row without a vector at place " + place);
    }
    if (index[0] < 0 || index[0] >= vectors.length || vectors[index[0]] != null) {
      throw broke(
          "sent a vector for input "
              + index[0]
              + ", which is none of "
              + vectors.length
              + " or came before");
    }
    vectors[index[0]] = found.getFirst();
  }

  private Embedding vector() throws LlmException {
    try {
      return in.isString() ? Embedding.ofBase64(in.text()) : Embedding.of(numbers());
    } catch (IllegalArgumentException none) {
      throw broke("sent what is no vector: " + none.getMessage());
    }
  }

  private float[] numbers() throws LlmException {
    var numbers = new float[][] {new float[FIRST_SIZE]};
    var size = new int[1];
    in.array(index -> {
      if (index == numbers[0].length) {
        numbers[0] = Arrays.copyOf(numbers[0], 2 * index);
      }
      numbers[0][index] = (float) in.number();
      size[0]++;
    });
    return Arrays.copyOf(numbers[0], size[0]);
  }

  private LlmException broke(String what) {
    return new LlmException(failures.broke(what));
  }
}
