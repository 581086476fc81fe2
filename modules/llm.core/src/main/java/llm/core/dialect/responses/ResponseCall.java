package llm.core.dialect.responses;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.json.FirstRefusal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * What a body of {@code POST /v1/responses} asks for. What was said before it is not in the body,
 * so its request is made when that is known.
 *
 * @param frame the request but for its messages
 * @param isRelayed whether the model's provider speaks this dialect itself
 * @param instructions the system message of this request, which is not kept for the next ones
 * @param input its items, each a JSON object
 * @param previous the response it goes on from
 * @param asked what its answer repeats
 * @param output how the answer is to be told
 */
public record ResponseCall(
    ChatRequest frame,
    boolean isRelayed,
    Optional<String> instructions,
    List<JsonText> input,
    Optional<String> previous,
    Asked asked,
    Output output) {
  /** Copies the items. */
  public ResponseCall {
    input = List.copyOf(input);
  }

  /**
   * How an answer is told, and kept.
   *
   * @param stream as events
   * @param store whether it is to be kept; empty: nothing was said
   * @param background whether it is made after the request was answered
   * @param summary whether reasoning is told as its summary rather than as itself
   */
  public record Output(
      boolean stream, Optional<Boolean> store, boolean background, boolean summary) {}

  /** Where the items are that a body refers to by their ids. */
  @FunctionalInterface
  public interface References {
    /**
     * The item of an id.
     *
     * @throws LlmException when it cannot be looked for
     */
    Optional<JsonText> find(String id) throws LlmException;
  }

  /**
   * The request as a whole.
   *
   * @param earlier items of what was said before, first to last
   * @param references finds items that the input only names
   * @throws LlmException with {@code InvalidRequest} or {@code Unsupported}
   */
  public ChatRequest request(List<JsonText> earlier, References references) throws LlmException {
    return request(earlier, resolved(references));
  }

  /**
   * The same, when the items are known.
   *
   * @param items what {@link #resolved} gave
   */
  public ChatRequest request(List<JsonText> earlier, List<JsonText> items) throws LlmException {
    var undone = new FirstRefusal();
    var reader = new InputReader(undone, isRelayed);
    for (JsonText item : earlier) {
      reader.add(item, "previous_response_id");
    }
    for (int i = 0; i < items.size(); i++) {
      reader.add(items.get(i), place(i));
    }
    if (!isRelayed && !undone.isEmpty()) {
      undone.require();
    }
    var messages = new ArrayList<Message>();
    instructions.ifPresent(text -> messages.add(Message.system(text)));
    messages.addAll(reader.messages());
    if (messages.isEmpty()) {
      throw Refusals.missing("input", "it must be a string or at least one item");
    }
    return frame.withMessages(_ -> messages);
  }

  /**
   * The items of the body, those that it only names in full.
   *
   * @throws LlmException when one is not found
   */
  public List<JsonText> resolved(References references) throws LlmException {
    var items = new ArrayList<JsonText>();
    for (JsonText item : input) {
      items.add(resolved(item, place(items.size()), references));
    }
    return items;
  }

  private static String place(int index) {
    return "input[" + index + "]";
  }

  private static JsonText resolved(JsonText item, String path, References references)
      throws LlmException {
    Fields fields = Fields.of(item, path);
    Optional<String> type = fields.string("type");
    boolean named =
        type.map("item_reference"::equals)
            .orElse(fields.left().containsKey("id") && !fields.left().containsKey("role"));
    if (!named) {
      return item;
    }
    String id = fields.string("id", "it names the item");
    return references
        .find(id)
        .orElseThrow(() ->
            Refusals.invalid(
                fields.path("id"),
                "There is no stored item '" + Excerpt.shortened(id) + "'; send it itself"));
  }
}
