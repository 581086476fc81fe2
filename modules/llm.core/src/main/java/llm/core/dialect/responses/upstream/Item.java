package llm.core.dialect.responses.upstream;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.openai.upstream.LogprobsReader;
import llm.domain.chat.JsonText;
import llm.domain.chat.TokenLogprob;
import llm.domain.error.LlmException;

/** What an output item says; what it does not say is empty. */
final class Item {
  String type = "";
  String callId = "";
  String name = "";
  String arguments = "";
  String encrypted = "";
  String phase = "";
  boolean refuses; // its text is a refusal
  JsonText whole = JsonText.EMPTY_OBJECT;
  final Map<String, JsonText> more = new LinkedHashMap<>(); // of a call
  final List<JsonText> annotations = new ArrayList<>(0); // of its text
  final StringBuilder text = new StringBuilder(); // of a message, refusals among it
  final List<TokenLogprob> logprobs = new ArrayList<>();

  private final JsonCursor in;
  private final List<String> summary = new ArrayList<>(1);
  private final List<String> thoughts = new ArrayList<>(1); // its content

  private Item(JsonCursor in) {
    this.in = in;
  }

  /** The item the cursor stands on. */
  static Item read(JsonCursor in) throws LlmException {
    JsonText whole = in.cut();
    return JsonCursor.piece(
        whole,
        "",
        piece -> {
          var item = new Item(piece);
          item.whole = whole;
          piece.object(item::take);
          return item;
        });
  }

  private void take(String field) throws LlmException {
    switch (field) {
      case "type" -> type = string(in);
      case "call_id" -> callId = string(in);
      case "name" -> name = string(in);
      case "arguments" -> arguments = in.isString() ? in.text() : in.cut().value();
      case "caller", "namespace" -> more.put(field, in.cut());
      case "phase" -> phase = string(in);
      case "encrypted_content" -> encrypted = string(in);
      case "content" -> parts(this::content);
      case "summary" -> parts(part -> append(part, summary));
      default -> {
        // of no interest
      }
    }
  }

  /** One part of a content list. */
  private static final class Piece {
    private String type = "";
    private String text = "";
    private final List<TokenLogprob> logprobs = new ArrayList<>();
    private final List<JsonText> annotations = new ArrayList<>(0);
  }

  private void parts(Consumer<Piece> taker) throws LlmException {
    if (!in.isArray()) {
      return;
    }
    in.array(_ -> {
      if (in.isObject()) {
        taker.accept(piece());
      }
    });
  }

  private Piece piece() throws LlmException {
    var piece = new Piece();
    in.object(field -> {
      switch (field) {
        case "type" -> piece.type = string(in);
        case "text", "refusal" -> piece.text += string(in);
        case "annotations" -> {
          if (in.isArray()) {
            in.array(_ -> piece.annotations.add(in.cut()));
          }
        }
        case "logprobs" -> {
          if (in.isArray()) {
            new LogprobsReader(in).readTokens(piece.logprobs);
          }
        }
        default -> {
          // of no interest
        }
      }
    });
    return piece;
  }

  private void content(Piece piece) {
    if (piece.type.startsWith("reasoning")) {
      append(piece, thoughts);
    } else {
      refuses |= piece.type.equals("refusal");
      annotations.addAll(piece.annotations);
      text.append(piece.text);
      logprobs.addAll(piece.logprobs);
    }
  }

  private static void append(Piece piece, List<String> to) {
    if (!piece.text.isEmpty()) {
      to.add(piece.text);
    }
  }

  /** The parts of its summary, else of its content, that say something. */
  List<String> reasoning() {
    return summary.isEmpty() ? thoughts : summary;
  }

  static String string(JsonCursor in) {
    return in.isString() ? in.text() : "";
  }
}
