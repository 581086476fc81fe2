package llm.core.dialect.openai.upstream;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.TokenLogprob;
import llm.domain.error.LlmException;

/**
 * Reads a choice's {@code logprobs}: the tokens of {@code content} and of {@code refusal}, which is
 * content here. What is no token with a logarithm counts as absent; one a little above 0, as
 * rounding makes it, is 0.
 */
public final class LogprobsReader {
  private final JsonCursor in;

  /** A reader of values the cursor will stand on. */
  public LogprobsReader(JsonCursor in) {
    this.in = in;
  }

  /** Adds the tokens of the value the cursor stands on. */
  void read(List<TokenLogprob> tokens) throws LlmException {
    if (!in.isObject()) {
      return;
    }
    in.object(name -> {
      if (in.isArray() && (name.equals("content") || name.equals("refusal"))) {
        readTokens(tokens);
      }
    });
  }

  /** Adds the tokens of the array the cursor stands on. */
  public void readTokens(List<TokenLogprob> tokens) throws LlmException {
    in.array(_ -> item().flatMap(Item::token).ifPresent(tokens::add));
  }

  private Optional<Item> item() throws LlmException {
    if (!in.isObject()) {
      return Optional.empty();
    }
    var item = new Item();
    in.object(item::take);
    return Optional.of(item);
  }

  /** Puts a token's fields together, which come in any order. */
  private final class Item {
    private Optional<String> text = Optional.empty();
    private Optional<Double> logprob = Optional.empty();
    private final List<Byte> bytes = new ArrayList<>();
    private final List<TokenLogprob.Top> top = new ArrayList<>();

    void take(String name) throws LlmException {
      switch (name) {
        case "token" -> text = in.isString() ? Optional.of(in.text()) : Optional.empty();
        case "logprob" -> logprob = in.isNumber() ? number() : Optional.empty();
        case "bytes" -> {
          if (in.isArray()) {
            bytes();
          }
        }
        case "top_logprobs" -> {
          if (in.isArray()) {
            in.array(_ -> item().flatMap(Item::top).ifPresent(top::add));
          }
        }
        default -> {
          // of no interest
        }
      }
    }

    Optional<TokenLogprob> token() {
      return text.flatMap(said -> logprob.map(log -> new TokenLogprob(said, log, bytes, top)));
    }

    Optional<TokenLogprob.Top> top() {
      return text.flatMap(said -> logprob.map(log -> new TokenLogprob.Top(said, log, bytes)));
    }

    private Optional<Double> number() throws LlmException {
      return Optional.of(Math.min(0, in.number()));
    }

    /** One that is no byte makes none of them known. */
    private void bytes() throws LlmException {
      var legal = new boolean[] {true};
      in.array(_ -> {
        double value = in.isNumber() ? in.number() : -1;
        legal[0] &= value >= 0 && value <= 255 && value == Math.rint(value);
        bytes.add((byte) (int) value);
      });
      if (!legal[0]) {
        bytes.clear();
      }
    }
  }
}
