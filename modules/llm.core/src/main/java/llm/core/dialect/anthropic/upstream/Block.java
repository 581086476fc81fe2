package llm.core.dialect.anthropic.upstream;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.domain.chat.JsonText;

/** A content block, or a piece of one, as it is on the wire; what it does not say is empty. */
final class Block {
  String type = "";
  String id = "";
  String name = "";
  String text = "";
  String thinking = "";
  String signature = "";
  String data = "";
  JsonText whole = JsonText.EMPTY_OBJECT;
  Optional<JsonText> caller = Optional.empty();
  final List<JsonText> citations = new ArrayList<>(0);
  String json = ""; // input of a tool, or a fragment of it

  @Override
  public String toString() {
    return String.join("|", type, id, name, text, thinking, signature, data, json)
        + "|"
        + caller
        + citations;
  }
}
