package llm.core.template.answer;

/** An array of objects, or a name and its arguments: Mistral changed from one to the other. */
final class EitherCall implements CallReader {
  private CallReader reader;

  @Override
  public Outcome read(StringBuilder held, Calls calls, boolean last) {
    if (reader == null) {
      int from = Held.leadingSpace(held);
      if (from == held.length()) {
        return last ? Outcome.NO_CALL : Outcome.WAITING;
      }
      char first = held.charAt(from);
      reader =
          first == '[' || first == '{'
              ? new JsonCalls(true)
              : new NamedCall(NamedCall.Form.MISTRAL);
    }
    return reader.read(held, calls, last);
  }
}
