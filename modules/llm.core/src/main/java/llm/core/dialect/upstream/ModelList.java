package llm.core.dialect.upstream;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;

/**
 * Reads the answer of {@code GET /models}: {@code {"data":[{"id":…}]}} as OpenAI has it, or the
 * list alone, as Together sends it.
 */
public final class ModelList {
  /** More models are not taken; the rest can be asked for by name all the same. */
  public static final int MOST = 5_000;

  private ModelList() {}

  /**
   * The ids of the list, in its order, each once; those that are no model names are passed over.
   *
   * @throws LlmException when the body is no such list
   */
  public static List<String> read(byte[] body, UpstreamFailures failures) throws LlmException {
    Optional<List<String>> ids;
    try {
      ids = JsonCursor.document(body, ModelList::root);
    } catch (LlmException noJson) {
      throw new LlmException(failures.noChunk(noJson.error(), body), noJson);
    }
    return ids.orElseThrow(() ->
        new LlmException(
            failures.broke("sent no list of models: " + UpstreamFailures.quoted(body))));
  }

  private static Optional<List<String>> root(JsonCursor in) throws LlmException {
    if (in.isArray()) {
      return Optional.of(entries(in));
    }
    var found = new ArrayList<List<String>>(1);
    in.object(name -> {
      if (name.equals("data") && in.isArray()) {
        found.add(entries(in));
      }
    });
    return found.stream().findFirst();
  }

  private static List<String> entries(JsonCursor in) throws LlmException {
    var ids = new LinkedHashSet<String>();
    in.array(_ -> {
      if (in.isObject()) {
        in.object(field -> {
          if (field.equals("id") && in.isString() && ids.size() < MOST && isName(in.text())) {
            ids.add(in.text());
          }
        });
      }
    });
    return List.copyOf(ids);
  }

  private static boolean isName(String text) {
    try {
      new ModelName(text);
      return true;
    } catch (IllegalArgumentException _) {
      return false; // nobody could ask for it
    }
  }
}
