package llm.core.dialect.anthropic.upstream;

/** A content block, or a piece of one, as it is on the wire; what it does not say is empty. */
final class Block {
  String type = "";
  String id = "";
  String name = "";
  String text = "";
  String thinking = "";
  String signature = "";
  String data = "";
  String json = ""; // input of a tool, or a fragment of it

  @Override
  public String toString() {
    return String.join("|", type, id, name, text, thinking, signature, data, json);
  }
}
