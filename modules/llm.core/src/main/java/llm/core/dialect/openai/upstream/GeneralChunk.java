package llm.core.dialect.openai.upstream;

import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.openai.upstream.Chunk.ToolFragment;
import llm.core.dialect.upstream.ErrorReader;
import llm.domain.error.LlmException;

/**
 * Reads any chunk, and a whole completion, which differs by saying {@code message} for {@code
 * delta}. A value of another type than expected counts as absent: servers put what they like into
 * fields that OpenAI added later.
 */
final class GeneralChunk {
  private final JsonCursor in;
  private final Chunk chunk;
  private final ErrorReader bare; // fields of an error that stands in no "error"

  private GeneralChunk(JsonCursor in, Chunk chunk) {
    this.in = in;
    this.chunk = chunk;
    this.bare = new ErrorReader(in);
  }

  /**
   * Fills {@code chunk}, which is clear.
   *
   * @throws LlmException when the document is no JSON, or no object
   */
  static void read(byte[] document, Chunk chunk) throws LlmException {
    JsonCursor.document(
        document,
        in -> {
          new GeneralChunk(in, chunk).root();
          return chunk;
        });
  }

  private void root() throws LlmException {
    in.object(name -> {
      switch (name) {
        case "choices" -> choices();
        case "usage" -> usage();
        case "error" -> chunk.error = ErrorReader.value(in).or(() -> chunk.error);
        default -> bare.take(name);
      }
    });
    if (!chunk.hasChoices && chunk.error.isEmpty() && chunk.usage.isEmpty()) {
      chunk.error = bare.error();
    }
  }

  private void usage() throws LlmException {
    if (in.isObject()) {
      chunk.usage = UsageReader.read(in);
    }
  }

  private void choices() throws LlmException {
    if (!in.isArray()) {
      return;
    }
    chunk.hasChoices = true;
    in.array(index -> {
      if (index == 0 && in.isObject()) {
        in.object(this::choice);
      }
    });
  }

  private void choice(String name) throws LlmException {
    switch (name) {
      case "delta", "message" -> {
        if (in.isObject()) {
          in.object(this::delta);
        }
      }
      case "logprobs" -> new LogprobsReader(in).read(chunk.logprobs);
      case "finish_reason" -> chunk.finishReason = string();
      case "error" -> chunk.error = ErrorReader.value(in).or(() -> chunk.error);
      default -> {
        // of no interest
      }
    }
  }

  private void delta(String name) throws LlmException {
    switch (name) {
      case "content" -> chunk.content += in.isArray() ? parts() : string();
      case "refusal" -> chunk.content += string();
      case "reasoning_content", "reasoning" -> chunk.reasoning(string());
      case "tool_calls" -> toolCalls();
      default -> {
        // of no interest
      }
    }
  }

  /** Content as a list of parts, of which the text counts. */
  private String parts() throws LlmException {
    var text = new StringBuilder();
    in.array(_ -> {
      if (in.isObject()) {
        in.object(field -> {
          if (field.equals("text")) {
            text.append(string());
          }
        });
      }
    });
    return text.toString();
  }

  private void toolCalls() throws LlmException {
    if (!in.isArray()) {
      return;
    }
    in.array(_ -> {
      if (in.isObject()) {
        chunk.tools.add(new Fragment().read());
      }
    });
  }

  private String string() {
    return in.isString() ? in.text() : "";
  }

  /** Puts a tool call's fields together, which come in any order. */
  private final class Fragment {
    private Optional<Integer> index = Optional.empty();
    private String id = "";
    private String name = "";
    private String arguments = "";

    ToolFragment read() throws LlmException {
      in.object(field -> {
        switch (field) {
          case "index" -> index = in.isInteger() ? Optional.of(in.integer()) : Optional.empty();
          case "id" -> id = in.isInteger() ? in.text() : string();
          case "function" -> {
            if (in.isObject()) {
              in.object(this::function);
            }
          }
          default -> {
            // of no interest
          }
        }
      });
      return new ToolFragment(index, id, name, arguments);
    }

    private void function(String field) {
      switch (field) {
        case "name" -> name = string();
        case "arguments" -> arguments = in.isString() ? in.text() : in.cut().value();
        default -> {
          // of no interest
        }
      }
    }
  }
}
