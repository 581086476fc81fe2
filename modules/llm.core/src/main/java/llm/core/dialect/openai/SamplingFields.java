package llm.core.dialect.openai;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.SamplingOptions;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.AdapterUse;
import llm.domain.model.Temperature;

/**
 * Reads what a chat body says of sampling and of log probabilities. Each value is checked where it
 * stands. The names are OpenAI's; {@code top_k}, {@code min_p}, {@code repeat_penalty} and {@code
 * repetition_penalty} are those of servers of open models, {@code lora} those of llama.cpp. Not
 * thread-safe; one body each.
 */
public final class SamplingFields {
  private static final Pattern TOKEN = Pattern.compile("0|[1-9][0-9]{0,9}");

  private final SamplingOptions.Builder options = SamplingOptions.builder();
  private Optional<Double> repeatPenalty = Optional.empty();
  private Optional<Integer> topLogprobs = Optional.empty();
  private boolean logprobs;

  /**
   * Takes the field {@code name}, on whose value the cursor stands.
   *
   * @return false when the field is none of these; nothing was read then
   * @throws LlmException when its value is not what it should be
   */
  public boolean take(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "temperature" -> {
        double value = in.number();
        options.temperature(in.legal(() -> new Temperature(value)));
      }
      case "top_p" -> options.topP(in.number());
      case "top_k" -> options.topK(in.integer());
      case "min_p" -> options.minP(in.number());
      case "seed" -> options.seed(in.longInteger());
      case "stop" -> options.stop(strings(in));
      case "frequency_penalty" -> options.frequencyPenalty(in.number());
      case "presence_penalty" -> options.presencePenalty(in.number());
      case "repeat_penalty", "repetition_penalty" -> repeatPenalty(in);
      case "logit_bias" -> options.logitBias(biases(in));
      case "lora" -> options.adapters(adapters(in));
      case "logprobs" -> logprobs = in.flag();
      case "top_logprobs" -> topLogprobs = Optional.of(count(in));
      default -> {
        return false;
      }
    }
    in.legal(options::build);
    return true;
  }

  /**
   * What was asked.
   *
   * @throws LlmException when fields contradict each other
   */
  public SamplingOptions options() throws LlmException {
    int top = topLogprobs.orElse(0);
    if (logprobs) {
      options.topLogprobs(top);
    } else if (top > 0) {
      throw new LlmException(
          LlmError.InvalidRequest.at(
              "top_logprobs", "top_logprobs " + top + " needs logprobs: true"));
    }
    return options.build();
  }

  private void repeatPenalty(JsonCursor in) throws LlmException {
    double value = in.number();
    if (repeatPenalty.isPresent() && repeatPenalty.get() != value) {
      throw in.refusal(
          "repeat_penalty and repetition_penalty are two names of one thing and contradict each"
              + " other; send one of them");
    }
    repeatPenalty = Optional.of(value);
    options.repeatPenalty(value);
  }

  private static int count(JsonCursor in) throws LlmException {
    int value = in.integer();
    legal(in, alone -> alone.topLogprobs(value));
    return value;
  }

  private static Map<Integer, Double> biases(JsonCursor in) throws LlmException {
    var biases = new LinkedHashMap<Integer, Double>();
    in.object(name -> {
      int token = token(name, in);
      double bias = in.number();
      legal(in, alone -> alone.logitBias(Map.of(token, bias)));
      biases.put(token, bias);
    });
    return biases;
  }

  /**
   * As servers of llama.cpp have it: {@code [{"id": 0, "scale": 0.5}]}; a name may stand in place
   * of the id.
   */
  private static List<AdapterUse> adapters(JsonCursor in) throws LlmException {
    var adapters = new ArrayList<AdapterUse>();
    in.array(_ -> adapters.add(new AdapterFields().read(in)));
    return adapters;
  }

  /** The fields of one adapter, which come in any order. */
  private static final class AdapterFields {
    private Optional<Integer> id = Optional.empty();
    private Optional<String> name = Optional.empty();
    private Optional<Double> scale = Optional.empty();

    private AdapterUse read(JsonCursor in) throws LlmException {
      in.object(field -> take(field, in));
      if (id.isPresent() == name.isPresent()) {
        throw in.refusal(in.path() + " must have either a name or an id");
      }
      return id.isPresent()
          ? new AdapterUse.Numbered(id.get(), scale)
          : new AdapterUse.Named(name.get(), scale);
    }

    private void take(String field, JsonCursor in) throws LlmException {
      switch (field) {
        case "id" -> {
          int number = in.integer();
          id = Optional.of(in.legal(() -> new AdapterUse.Numbered(number, scale)).number());
        }
        case "name" -> {
          String text = in.string();
          name = Optional.of(in.legal(() -> new AdapterUse.Named(text, scale)).name());
        }
        case "scale" -> {
          Optional<Double> value = Optional.of(in.number());
          scale = in.legal(() -> new AdapterUse.Numbered(0, value)).scale();
        }
        default -> throw MessageReader.unknown(in, "lora field", field);
      }
    }
  }

  /** A token's id as JSON has it for a name: digits without zeros before them. */
  private static int token(String name, JsonCursor in) throws LlmException {
    long token = TOKEN.matcher(name).matches() ? Long.parseLong(name) : -1;
    if (token < 0 || token > Integer.MAX_VALUE) {
      throw in.refusal(in.path() + " must be named by a token's id, an integer of 0 or more");
    }
    return (int) token;
  }

  private static List<String> strings(JsonCursor in) throws LlmException {
    var strings = new ArrayList<String>();
    if (in.isString()) {
      strings.add(in.string());
    } else if (in.isArray()) {
      in.array(_ -> strings.add(in.string()));
    } else {
      throw in.expected("a string or an array of strings");
    }
    return strings;
  }

  private static void legal(JsonCursor in, UnaryOperator<SamplingOptions.Builder> change)
      throws LlmException {
    in.legal(() -> change.apply(SamplingOptions.builder()).build());
  }
}
