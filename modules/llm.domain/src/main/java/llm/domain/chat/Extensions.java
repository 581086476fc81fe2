package llm.domain.chat;

import java.util.Map;
import llm.domain.content.Dialect;

/**
 * Fields that have no place in our types: they are kept byte for byte and written again where the
 * provider speaks the dialect that they came in. Elsewhere they are lost, which the caller is told.
 *
 * @param dialect whose fields they are
 * @param fields their values by name
 */
public record Extensions(Dialect dialect, Map<String, JsonText> fields) {
  /** No fields. */
  public static final Extensions NONE = new Extensions(Dialect.OPENAI_CHAT, Map.of());

  /** Copies the map. */
  public Extensions {
    fields = Map.copyOf(fields);
  }

  /** Fields, or {@link #NONE} for none. */
  public static Extensions of(Dialect dialect, Map<String, JsonText> fields) {
    return fields.isEmpty() ? NONE : new Extensions(dialect, fields);
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return fields.isEmpty();
  }

  /** The fields as a provider of {@code target} may be sent them: all or none. */
  public Map<String, JsonText> in(Dialect target) {
    return dialect.isReadAs(target) ? fields : Map.of();
  }
}
