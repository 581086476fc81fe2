package llm.core.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.ObjectNode;
import llm.core.schema.JsonNode.TextNode;
import llm.core.schema.PartialJson.Framing;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("C-3: what is read depends on the text alone, and only grows")
class PartialJsonPropertyTest {
  private static final long SEED = Long.getLong("seed", 20_261_121);
  private static final int DOCUMENTS = 1_500;

  @Test
  void anyCutGivesTheSameValuesAtTheSamePlaces() {
    for (int round = 0; round < DOCUMENTS; round++) {
      var random = new Random(SEED + round);
      String text = RandomJson.document(random, 4);
      String[] at = prefixes(text);
      var json = new PartialJson();
      int read = 0;
      for (String piece : RandomJson.cut(random, text)) {
        long before = json.changes();
        boolean changed = json.feed(piece);
        String earlier = at[read];
        read += piece.length();
        assertThat(shown(json)).as(where(round, text)).isEqualTo(at[read]);
        assertThat(changed || at[read].equals(earlier)).as(where(round, text)).isTrue();
        assertThat(json.changes() > before).isEqualTo(changed);
      }
      assertThat(json.end()).as(where(round, text)).isTrue();
      assertThat(Oracle.agrees(text, json)).as(where(round, text)).isTrue();
    }
  }

  @Test
  void bytesGiveWhatCharactersGiveWhereverTheyAreCut() {
    for (int round = 0; round < DOCUMENTS; round++) {
      var random = new Random(SEED + round);
      String text = RandomJson.document(random, 4);
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      var json = new PartialJson();
      int at = 0;
      while (at < bytes.length) {
        int next = Math.min(bytes.length, at + random.nextInt(7));
        json.feed(bytes, at, next);
        at = next;
      }
      assertThat(json.end()).as(where(round, text)).isTrue();
      assertThat(Oracle.agrees(text, json)).as(where(round, text)).isTrue();
    }
  }

  @Test
  void everyValueIsABeginningOfTheLast() {
    for (int round = 0; round < DOCUMENTS / 3; round++) {
      String text = RandomJson.document(new Random(SEED + round), 3);
      JsonNode last = read(text);
      for (int end = 0; end <= text.length(); end++) {
        var json = new PartialJson();
        json.feed(text.substring(0, end));
        assertThat(json.problem()).as(where(round, text)).isEmpty();
        String where = where(round, text) + " up to " + end + ": ";
        json.root()
            .ifPresent(root -> assertThat(begins(root, last)).as(where + root.toJson()).isTrue());
      }
    }
  }

  @Test
  void theFirstProblemIsAtTheSamePlaceHoweverTheTextIsCut() {
    for (int round = 0; round < DOCUMENTS; round++) {
      var random = new Random(SEED + round);
      var text = new StringBuilder(RandomJson.document(random, 3));
      text.setCharAt(random.nextInt(text.length()), "{}[]\",:x1\\".charAt(random.nextInt(10)));
      var whole = new PartialJson();
      whole.feed(text);
      whole.end();
      var cut = new PartialJson();
      for (String piece : RandomJson.cut(random, text.toString())) {
        cut.feed(piece);
      }
      cut.end();
      assertThat(cut.problem()).as(where(round, text.toString())).isEqualTo(whole.problem());
      assertThat(Oracle.agrees(text.toString(), whole)).as(where(round, text.toString())).isTrue();
    }
  }

  @Test
  void aStringOfAMillionCharactersAndManyLevelsAreRead() {
    String million = "שלום 😀 ".repeat(140_000);
    var json = new PartialJson();
    json.feed("[\"");
    for (int at = 0; at < million.length(); at += 3) {
      json.feed(million.substring(at, Math.min(million.length(), at + 3)));
    }
    json.feed("\"]");
    assertThat(json.end()).isTrue();
    assertThat(((TextNode) ((ArrayNode) root(json)).elements().getFirst()).text())
        .isEqualTo(million);

    var deep = new PartialJson(Schema.ANYTHING, Framing.EXACT, new JsonLimits(512, 4_096, 600));
    deep.feed("[".repeat(512) + "]".repeat(512));
    assertThat(deep.end()).isTrue();
    assertThat(root(deep).toJson().value()).hasSize(1_024);
  }

  /** The value behind each character of the text, fed one by one. */
  private static String[] prefixes(String text) {
    var json = new PartialJson();
    var shown = new String[text.length() + 1];
    shown[0] = "";
    for (int at = 0; at < text.length(); at++) {
      json.feed(text.substring(at, at + 1));
      shown[at + 1] = shown(json);
    }
    return shown;
  }

  private static boolean begins(JsonNode part, JsonNode last) {
    if (part.kind() != last.kind()
        || part.isComplete() && !Oracle.of(part).equals(Oracle.of(last))) {
      return false;
    }
    return switch (part) {
      case TextNode text -> ((TextNode) last).text().startsWith(text.text());
      case ArrayNode array -> {
        boolean all = array.size() <= ((ArrayNode) last).size();
        for (int i = 0; all && i < array.size(); i++) {
          all = begins(array.elements().get(i), ((ArrayNode) last).elements().get(i));
        }
        yield all;
      }
      case ObjectNode object ->
          object.members().entrySet().stream()
              .allMatch(
                  member -> begins(member.getValue(), ((ObjectNode) last).member(member.getKey())));
      default -> true;
    };
  }

  private static JsonNode read(String text) {
    var json = new PartialJson();
    json.feed(text);
    assertThat(json.end()).as(text).isTrue();
    return root(json);
  }

  private static JsonNode root(PartialJson json) {
    return json.root().orElseThrow();
  }

  private static String shown(PartialJson json) {
    return json.root().map(root -> root.toJson().value()).orElse("");
  }

  private static String where(int round, String text) {
    return "-Dseed=" + SEED + ", document " + round + ": " + text;
  }
}
