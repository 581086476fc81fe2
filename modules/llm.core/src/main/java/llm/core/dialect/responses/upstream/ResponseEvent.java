package llm.core.dialect.responses.upstream;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.openai.upstream.LogprobsReader;
import llm.core.dialect.upstream.ErrorReader;
import llm.core.dialect.upstream.UpstreamError;
import llm.domain.chat.JsonText;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;

/**
 * What one event says, or a whole answer, which is the same without a type. A value of another type
 * than expected counts as absent.
 */
final class ResponseEvent {
  private static final Set<String> KNOWN_COUNTS =
      Set.of(
          "input_tokens",
          "output_tokens",
          "total_tokens",
          "input_tokens_details.cached_tokens",
          "input_tokens_details.cache_write_tokens",
          "output_tokens_details.reasoning_tokens");

  private static final int MOST_PLACE = 1_000_000;

  String type = "";
  String delta = "";
  String arguments = "";
  String status = ""; // of the answer
  String incomplete = ""; // why it is
  int place;
  boolean isAnswer;
  final List<Item> items = new ArrayList<>(1);
  final List<TokenLogprob> logprobs = new ArrayList<>();
  Optional<JsonText> annotation = Optional.empty();
  final Map<String, JsonText> answer = new LinkedHashMap<>(); // fields that are not known here
  Optional<Usage> usage = Optional.empty();
  Optional<UpstreamError> error = Optional.empty();

  private final JsonCursor in;
  private final ErrorReader bare; // fields of an error that stands in no "error"

  private ResponseEvent(JsonCursor in) {
    this.in = in;
    this.bare = new ErrorReader(in);
  }

  /**
   * The event of a document.
   *
   * @throws LlmException when it is no JSON, or no object
   */
  static ResponseEvent read(byte[] document) throws LlmException {
    return JsonCursor.document(document, in -> new ResponseEvent(in).root());
  }

  private ResponseEvent root() throws LlmException {
    in.object(name -> {
      switch (name) {
        case "type" -> type = Item.string(in);
        case "delta" -> delta = Item.string(in);
        case "arguments" -> arguments = Item.string(in);
        case "output_index" -> place = place();
        case "annotation" -> annotation = Optional.of(in.cut());
        case "logprobs" -> logprobs();
        case "item" -> item();
        case "response" -> response();
        default -> answer(name);
      }
    });
    if (type.equals("error")) {
      error = error.or(bare::error).or(() -> Optional.of(UpstreamError.of("")));
    } else if (!isAnswer && error.isEmpty() && type.isEmpty()) {
      error = bare.error(); // no answer, but words
    }
    isAnswer |= type.startsWith("response.");
    return this;
  }

  private void response() throws LlmException {
    if (in.isObject()) {
      in.object(this::answer);
    }
  }

  /** A field of the answer itself. */
  private void answer(String name) throws LlmException {
    switch (name) {
      case "status" -> status = Item.string(in);
      case "error" -> error = ErrorReader.value(in).or(() -> error);
      case "incomplete_details" -> {
        if (in.isObject()) {
          in.object(this::detail);
        }
      }
      case "usage" -> {
        if (in.isObject()) {
          JsonText all = in.cut();
          usage = Optional.of(JsonCursor.piece(all, "", ResponseUsage::read));
          Map<String, JsonText> rest = JsonFields.beside(KNOWN_COUNTS, all);
          if (!rest.isEmpty()) {
            answer.put("usage", JsonFields.object(rest));
          }
        }
      }
      case "output" -> output();
      case "service_tier", "completed_at", "moderation" -> answer.put(name, in.cut());
      default -> bare.take(name);
    }
  }

  private void detail(String name) {
    if (name.equals("reason")) {
      incomplete = Item.string(in);
    }
  }

  private void output() throws LlmException {
    if (!in.isArray()) {
      return;
    }
    isAnswer = true;
    in.array(_ -> item());
  }

  private void item() throws LlmException {
    if (in.isObject()) {
      items.add(Item.read(in));
    }
  }

  private void logprobs() throws LlmException {
    if (in.isArray()) {
      new LogprobsReader(in).readTokens(logprobs);
    }
  }

  private int place() throws LlmException {
    boolean small = in.isInteger() && in.text().length() < 9;
    return small ? Math.clamp(in.integer(), 0, MOST_PLACE) : 0;
  }
}
