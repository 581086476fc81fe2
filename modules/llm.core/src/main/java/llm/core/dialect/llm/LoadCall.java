package llm.core.dialect.llm;

import java.util.Optional;
import java.util.OptionalInt;
import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmException;

/**
 * What a body asks to be loaded or unloaded.
 *
 * @param model which model; empty for the default
 * @param contextTokens the window; empty for the settings'
 * @param waits whether the answer comes when it is done
 */
public record LoadCall(Optional<String> model, OptionalInt contextTokens, boolean waits) {

  /**
   * Reads the body of {@code POST /api/v1/models/load}: {@code model}, {@code context_tokens} and
   * {@code wait}; any other field is refused.
   *
   * @throws LlmException with {@code InvalidJson} or {@code InvalidRequest}
   */
  public static LoadCall ofLoad(byte[] body) throws LlmException {
    return new Fields("model, context_tokens and wait are", true).read(body);
  }

  /** Reads the body of {@code POST /api/v1/models/unload}: the same without the window. */
  public static LoadCall ofUnload(byte[] body) throws LlmException {
    return new Fields("model and wait are", false).read(body);
  }

  private static final class Fields {
    private final String known;
    private final boolean hasWindow;
    private Optional<String> model = Optional.empty();
    private OptionalInt contextTokens = OptionalInt.empty();
    private boolean waits = true;

    private Fields(String known, boolean hasWindow) {
      this.known = known;
      this.hasWindow = hasWindow;
    }

    private LoadCall read(byte[] body) throws LlmException {
      return JsonCursor.document(
          body,
          in -> {
            in.object(name -> take(name, in));
            return new LoadCall(model, contextTokens, waits);
          });
    }

    private void take(String name, JsonCursor in) throws LlmException {
      switch (name) {
        case "model" -> model = Optional.of(in.string());
        case "wait" -> waits = in.flag();
        case "context_tokens", "context" -> {
          if (!hasWindow) {
            throw unknown(in);
          }
          contextTokens = OptionalInt.of(in.integer());
        }
        default -> throw unknown(in);
      }
    }

    private LlmException unknown(JsonCursor in) {
      return in.refusal("The field '" + in.path() + "' is not known here; " + known);
    }
  }
}
