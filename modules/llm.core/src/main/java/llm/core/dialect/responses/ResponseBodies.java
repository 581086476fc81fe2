package llm.core.dialect.responses;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.json.JsonOut;
import llm.domain.call.CancelReason;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * What is read out of responses that are kept, and the answers about them that are no responses.
 */
public final class ResponseBodies {
  private ResponseBodies() {}

  /** The items of a response's answer. */
  public static List<JsonText> output(JsonText response) throws LlmException {
    return Fields.of(response, "").array("output");
  }

  /** How far a response is; one that says nothing we know has failed. */
  public static ResponseStatus status(JsonText response) throws LlmException {
    return Fields.of(response, "")
        .string("status")
        .flatMap(ResponseStatus::of)
        .orElse(ResponseStatus.FAILED);
  }

  /** Input items with ids, where they have none: each id tells the response and the place. */
  public static List<JsonText> withIds(List<JsonText> input, String response) throws LlmException {
    var items = new ArrayList<JsonText>();
    for (JsonText item : input) {
      Map<String, JsonText> fields = Fields.of(item, "").left();
      if (fields.containsKey("id")) {
        items.add(item);
        continue;
      }
      var out = new JsonOut(item.value().length() + 64).object();
      out.field(
          "id", prefix(fields) + response.substring(response.indexOf('_')) + "_i" + items.size());
      if (!fields.containsKey("type")) {
        out.field("type", "message");
      }
      fields.forEach((name, value) -> out.name(name).json(value));
      items.add(new JsonText(new String(out.endObject().toBytes(), UTF_8)));
    }
    return items;
  }

  private static String prefix(Map<String, JsonText> fields) {
    return switch (Optional.ofNullable(fields.get("type")).map(JsonText::value).orElse("")) {
      case "\"function_call\"" -> "fc";
      case "\"function_call_output\"" -> "fco";
      case "\"reasoning\"" -> "rs";
      default -> "msg";
    };
  }

  /** The id of an item. */
  public static String id(JsonText item) throws LlmException {
    return Fields.of(item, "").string("id").orElse("");
  }

  /**
   * A page of items.
   *
   * @param more whether others follow
   */
  public static byte[] page(List<JsonText> items, boolean more) throws LlmException {
    var out = new JsonOut(1_024).object().field("object", "list").name("data").array();
    items.forEach(out::json);
    out.endArray();
    boolean none = items.isEmpty();
    out.fieldOrNull("first_id", none ? Optional.empty() : Optional.of(id(items.getFirst())));
    out.fieldOrNull("last_id", none ? Optional.empty() : Optional.of(id(items.getLast())));
    return out.name("has_more").value(more).endObject().toBytes();
  }

  /** That a response was removed. */
  public static byte[] deleted(String id) {
    var out = new JsonOut(128).object().field("id", id).field("object", "response");
    return out.name("deleted").value(true).endObject().toBytes();
  }

  /**
   * Events that make the items of {@code response} again, each in one piece. The terminal one tells
   * no usage and no error: the object itself does.
   */
  public static List<StreamEvent> events(JsonText response) throws LlmException {
    var events = new ArrayList<StreamEvent>();
    Fields whole = Fields.of(response, "");
    events.add(new StreamEvent.Started(whole.string("model").orElse("")));
    int calls = 0;
    for (JsonText item : whole.array("output")) {
      Fields fields = Fields.of(item, "");
      switch (fields.string("type").orElse("")) {
        case "message" -> {
          Map<String, JsonText> more = new LinkedHashMap<>(fields.left());
          more.keySet().retainAll(Set.of("phase"));
          boolean again =
              events.getLast() instanceof StreamEvent.TextDelta
                  || events.getLast() instanceof StreamEvent.Aside;
          if (again || !more.isEmpty()) {
            events.add(aside(Asides.MESSAGE, JsonFields.object(more)));
          }
          for (JsonText part : fields.array("content")) {
            message(part, events);
          }
        }
        case "function_call" -> {
          String id = fields.string("call_id").orElse("");
          String name = fields.string("name").orElse("");
          Map<String, JsonText> more = new LinkedHashMap<>(fields.left());
          more.keySet().retainAll(Set.of("caller", "namespace"));
          if (!more.isEmpty()) {
            events.add(aside(Asides.CALL, JsonFields.object(more)));
          }
          events.add(new StreamEvent.ToolCallStarted(calls, id, name));
          events.add(
              new StreamEvent.ToolArgumentsDelta(calls++, fields.string("arguments").orElse("")));
        }
        case "reasoning" -> reasoning(fields, events);
        default -> events.add(aside(Asides.ITEM, item));
      }
    }
    events.add(end(ResponseStatus.of(whole.string("status").orElse(""))));
    return events;
  }

  private static StreamEvent aside(String kind, JsonText json) {
    return new StreamEvent.Aside(Dialect.OPENAI_RESPONSES, kind, json);
  }

  private static void message(JsonText part, List<StreamEvent> events) throws LlmException {
    Fields fields = Fields.of(part, "");
    Optional<String> refusal = fields.string("refusal");
    if (refusal.isPresent()) {
      events.add(new StreamEvent.RefusalStarted());
    }
    events.add(new StreamEvent.TextDelta(refusal.orElse(text(part))));
    for (JsonText annotation : fields.array("annotations")) {
      events.add(aside(Asides.ANNOTATION, annotation));
    }
  }

  private static void reasoning(Fields fields, List<StreamEvent> events) throws LlmException {
    var parts = new ArrayList<>(fields.array("content"));
    parts.addAll(fields.array("summary"));
    boolean again = events.getLast() instanceof StreamEvent.ReasoningDelta;
    boolean said = false;
    for (JsonText part : parts) {
      String text = text(part);
      if (said) {
        events.add(aside(Asides.PART, JsonText.EMPTY_OBJECT));
        events.add(new StreamEvent.ReasoningDelta(Asides.PARAGRAPH + text));
      } else if (!text.isEmpty()) {
        if (again) {
          events.add(aside(Asides.REASONING, JsonText.EMPTY_OBJECT));
        }
        events.add(new StreamEvent.ReasoningDelta(text));
        said = true;
      }
    }
    Optional<String> proof = fields.string("encrypted_content");
    if (said) {
      proof.ifPresent(data -> events.add(signed(data)));
    } else {
      proof.ifPresent(data -> events.add(hidden(data)));
    }
  }

  private static StreamEvent signed(String data) {
    Proof proof = Proof.read(data, Dialect.OPENAI_RESPONSES);
    return new StreamEvent.ReasoningSigned(proof.data(), proof.dialect());
  }

  private static StreamEvent hidden(String data) {
    Proof proof = Proof.read(data, Dialect.OPENAI_RESPONSES);
    return new StreamEvent.ReasoningHidden(proof.data(), proof.dialect());
  }

  private static StreamEvent end(Optional<ResponseStatus> status) {
    return switch (status.orElse(ResponseStatus.FAILED)) {
      case COMPLETED -> new StreamEvent.Done(FinishReason.STOP, Usage.NONE);
      case INCOMPLETE -> new StreamEvent.Done(FinishReason.LENGTH, Usage.NONE);
      case CANCELLED -> new StreamEvent.Cancelled(CancelReason.USER, Usage.NONE);
      case IN_PROGRESS, FAILED -> new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE);
    };
  }

  private static String text(JsonText part) throws LlmException {
    return Fields.of(part, "").string("text").orElse("");
  }
}
