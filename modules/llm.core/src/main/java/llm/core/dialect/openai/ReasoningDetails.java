package llm.core.dialect.openai;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.JsonText;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmException;

/**
 * The field {@code reasoning_details} of OpenRouter
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens), in which reasoning goes to a caller with
 * what its provider wants back with it. Details of a provider that speaks this dialect are kept as
 * they are; proofs of other dialects stand in it with their mark.
 */
public final class ReasoningDetails {
  /** The field. */
  public static final String FIELD = "reasoning_details";

  private static final String ELSEWHERE = "unknown"; // the format, for who reads it

  private ReasoningDetails() {}

  /** Adds the field to the object that is open, where one of {@code thoughts} has a proof. */
  public static void write(List<Thought> thoughts, JsonOut out) {
    if (thoughts.stream().noneMatch(thought -> thought.proof().isPresent())) {
      return;
    }
    out.name(FIELD).array();
    int index = 0;
    for (Thought thought : thoughts) {
      if (thought.isProvenIn(Dialect.OPENAI_CHAT)) {
        String array = thought.proof().orElseThrow().data().strip();
        out.json(new JsonText(array.substring(1, array.length() - 1)));
      } else if (thought.proof().isPresent()) {
        one(thought, index++, out);
      }
    }
    out.endArray();
  }

  private static void one(Thought thought, int index, JsonOut out) {
    String proof = thought.proof().orElseThrow().in(Dialect.OPENAI_CHAT);
    out.object();
    if (thought.hidden().isPresent()) {
      out.field("type", "reasoning.encrypted").field("data", proof);
    } else {
      out.field("type", "reasoning.text").field("text", thought.text());
      out.field("signature", proof);
    }
    out.field("format", ELSEWHERE).field("index", index).endObject();
  }

  /**
   * The thoughts of an earlier answer.
   *
   * @param details the value of the field; empty: it is not there
   * @param told the reasoning as text, which the details of other dialects' proofs have in them
   */
  static List<Thought> read(Optional<JsonText> details, String told, String path)
      throws LlmException {
    var thoughts = new ArrayList<Thought>();
    boolean isOurs = details.isPresent();
    boolean isEmpty = true;
    for (Map<String, String> detail : details.isPresent() ? strings(details.get(), path) : NONE) {
      isEmpty = false;
      String text = detail.getOrDefault("text", "");
      String field = detail.getOrDefault("signature", detail.getOrDefault("data", ""));
      Proof proof = Proof.read(field, Dialect.OPENAI_CHAT);
      isOurs &= !proof.dialect().isReadAs(Dialect.OPENAI_CHAT);
      thoughts.add(
          detail.containsKey("data") ? Thought.hidden(proof) : Thought.signed(text, proof));
    }
    if (isOurs && !isEmpty) {
      return thoughts;
    }
    thoughts.clear();
    if (!told.isEmpty()) {
      thoughts.add(Thought.of(told));
    }
    if (!isEmpty) {
      thoughts.add(Thought.hidden(new Proof(Dialect.OPENAI_CHAT, details.get().value())));
    }
    return thoughts;
  }

  private static final List<Map<String, String>> NONE = List.of();

  private static List<Map<String, String>> strings(JsonText details, String path)
      throws LlmException {
    return JsonCursor.piece(
        details,
        path,
        in -> {
          var all = new ArrayList<Map<String, String>>();
          in.array(_ -> {
            var fields = new LinkedHashMap<String, String>();
            in.object(name -> {
              if (in.isString()) {
                fields.put(name, in.text());
              }
            });
            all.add(fields);
          });
          return all;
        });
  }
}
