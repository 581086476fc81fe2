package llm.core.dialect.openai;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.prediction.PredictionField;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Fields of the OpenAI dialect that are known and not done. One whose answer comes through here
 * whole is kept for a provider that speaks the dialect itself, whatever it says: what happens here
 * anyway need not be what happens there. For all others each is let through where it asks for what
 * happens anyway, and refused where it asks for more, so that nothing asked for is dropped in
 * silence. Not thread-safe; one body each.
 */
final class UndoneFields {
  /** What only changes how a model answers, and nothing in the form of its answer. */
  private static final Set<String> RELAYED =
      Set.of("store", "service_tier", "verbosity", PredictionField.NAME, "web_search_options");

  private final Map<String, JsonText> kept = new LinkedHashMap<>();
  private Optional<LlmException> refusal = Optional.empty(); // of the first that is not done

  private boolean flex;

  UndoneFields() {}

  /**
   * Looks at the field {@code name}, on whose value the cursor stands.
   *
   * @return false when it is no such field; nothing was read then
   * @throws LlmException with {@code Unsupported} when it asks for what nobody does
   */
  boolean take(String name, JsonCursor in) throws LlmException {
    if (!RELAYED.contains(name)) {
      return check(name, in);
    }
    JsonText value = in.cut();
    kept.put(name, value);
    try {
      return JsonCursor.piece(value, in.path(), piece -> check(name, piece));
    } catch (LlmException refused) {
      if (!(refused.error() instanceof LlmError.Unsupported)) {
        throw refused;
      }
      refusal = refusal.or(() -> Optional.of(refused));
      return true;
    }
  }

  /**
   * Takes a field that is ours as far as we know its values; others go along as they are, where
   * there is one who may know them.
   */
  void takeKnown(String name, JsonCursor in, ChatBody body) throws LlmException {
    JsonText value = in.cut();
    try {
      JsonCursor.piece(value, in.path(), piece -> body.take(name, piece));
    } catch (LlmException unknown) {
      kept.put(name, value);
      refusal = refusal.or(() -> Optional.of(unknown));
    }
  }

  /** What is to be relayed. */
  Map<String, JsonText> kept() {
    return kept;
  }

  /** Whether the service tier is the one for work that may wait. */
  boolean isFlex() {
    return flex;
  }

  /** Why it cannot be done here, when there is no one to relay it to. */
  Optional<LlmException> refusal() {
    return refusal;
  }

  private boolean check(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "n" -> choices(in);
      case "modalities" ->
          in.array(_ -> require(in.string().equals("text"), in, "other modalities than text"));
      case "store" -> require(!in.flag(), in, "storing completions; send false");
      case "service_tier" -> tier(in);
      case "verbosity" -> require(in.string().equals("medium"), in, "verbosity; leave it out");
      case "functions", "function_call" -> require(false, in, name + "; use tools and tool_choice");
      case PredictionField.NAME -> PredictionField.read(in); // who cannot use it tells so
      case "audio", "web_search_options" -> require(false, in, name + "; leave it out");
      default -> {
        return false;
      }
    }
    return true;
  }

  private void tier(JsonCursor in) throws LlmException {
    String tier = in.string();
    flex = tier.equals("flex");
    boolean done = flex || tier.equals("auto") || tier.equals("default");
    require(done, in, "service tiers but flex; send auto");
  }

  private static void choices(JsonCursor in) throws LlmException {
    int count = in.integer();
    if (count < 1) {
      throw in.refusal("n " + count + " must be at least 1");
    }
    require(count == 1, in, "several choices; send n: 1 and repeat the request");
  }

  private static void require(boolean harmless, JsonCursor in, String what) throws LlmException {
    if (!harmless) {
      throw MessageReader.unsupported(in, what);
    }
  }
}
