package llm.core.dialect.openai.upstream;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.openai.OpenAiResponses;
import llm.core.dialect.openai.ReasoningDetails;
import llm.core.dialect.openai.upstream.Chunk.ToolFragment;
import llm.core.dialect.upstream.ErrorReader;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;

/**
 * Reads any chunk, and a whole completion, which differs by saying {@code message} for {@code
 * delta}. A value of another type than expected counts as absent: servers put what they like into
 * fields that OpenAI added later.
 */
final class GeneralChunk {
  /** Fields of an answer that are ours to say, or an error's. */
  private static final Set<String> NOT_KEPT =
      Set.of(
          "id",
          "object",
          "created",
          "model",
          "obfuscation",
          "message",
          "error_message",
          "detail",
          "code",
          "status",
          "type",
          "error_type",
          "n_prompt_tokens",
          "n_ctx");

  private static final Set<String> KNOWN_COUNTS =
      Set.of(
          "prompt_tokens",
          "completion_tokens",
          "total_tokens",
          "prompt_cache_hit_tokens",
          "prompt_tokens_details.cached_tokens",
          "completion_tokens_details.reasoning_tokens");

  private static final String CUSTOM = "custom";
  private static final JsonText NAMELESS = new JsonText("\"\"");

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
        default -> {
          if (NOT_KEPT.contains(name)) {
            bare.take(name);
          } else {
            answer(name);
          }
        }
      }
    });
    if (!chunk.hasChoices && chunk.error.isEmpty() && chunk.usage.isEmpty()) {
      chunk.error = bare.error();
    }
  }

  /** A field that is kept for callers who speak the dialect, if it has a value. */
  private void answer(String name) {
    chunk.answer.put(name, in.cut());
  }

  private void usage() throws LlmException {
    if (in.isObject()) {
      JsonText all = in.cutObject();
      chunk.usage = JsonCursor.piece(all, "usage", UsageReader::read);
      Map<String, JsonText> rest = JsonFields.beside(KNOWN_COUNTS, all);
      if (!rest.isEmpty()) {
        chunk.answer.put("usage", JsonFields.object(rest));
      }
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
      case "native_finish_reason", "stop_reason", "matched_stop" -> {
        JsonText value = in.cut();
        if (!value.value().equals("null")) {
          chunk.answer.put(OpenAiResponses.OF_CHOICE + name, value);
        }
      }
      default -> {
        // of no interest
      }
    }
  }

  private void delta(String name) throws LlmException {
    switch (name) {
      case "content" -> chunk.content += in.isArray() ? parts() : string();
      case "refusal" -> chunk.refusal += string();
      case "reasoning_content", "reasoning" -> chunk.reasoning(string());
      case "tool_calls" -> toolCalls();
      case ReasoningDetails.FIELD -> {
        if (in.isArray()) {
          chunk.details = Optional.of(in.cut());
        }
      }
      case "annotations", "audio", "function_call", "images" -> {
        JsonText value = in.cut();
        if (!value.value().matches("\\[\\s*]")) {
          chunk.message.put(name, value);
        }
      }
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
    private final Map<String, JsonText> others = new LinkedHashMap<>(2);

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
          case CUSTOM -> {
            JsonText said = in.cut();
            others.put(field, said);
            JsonText called = JsonFields.of(said).getOrDefault("name", NAMELESS);
            name = JsonCursor.piece(called, "", word -> word.isString() ? word.text() : "");
          }
          default -> others.put(field, in.cut());
        }
      });
      boolean isCustom = others.containsKey(CUSTOM);
      return new ToolFragment(index, id, name, arguments, isCustom ? others : Map.of());
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
