package llm.core.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import llm.core.schema.PartialJson.Framing;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("C-3: a record has a schema, and its values grow")
class RecordTypeTest {

  enum Mood {
    CALM,
    VERY_ANGRY
  }

  sealed interface Shape permits Circle, BoxOfTwo {}

  record Circle(double radius) implements Shape {}

  record BoxOfTwo(int width, Optional<Integer> height) implements Shape {}

  @Member(description = "one of them")
  record Item(String name, @Member(min = 1, max = 10) int count) {}

  record Everything(
      @Member(description = "who", minSize = 1, maxSize = 20) String userName,
      int small,
      long large,
      @Member(max = 1.5) double ratio,
      boolean flag,
      Mood mood,
      Optional<String> note,
      @Member(maxSize = 3) List<Item> items,
      Map<String, Long> totals,
      Item nested,
      Shape shape,
      @Member(name = "IDs") List<List<String>> ids) {}

  private static final String WHOLE =
      "{\"user_name\":\"é😀\",\"small\":-1,\"large\":9223372036854775807,\"ratio\":1.5,\"flag\":true,"
          + "\"mood\":\"very_angry\",\"note\":null,\"items\":[{\"name\":\"a\",\"count\":1},"
          + "{\"name\":\"b\",\"count\":2}],\"totals\":{\"x\":1,\"y\":2},\"nested\":{\"count\":3,"
          + "\"name\":\"n\"},\"shape\":{\"type\":\"box_of_two\",\"width\":2},\"IDs\":[[\"p\"],[]]}";

  @Test
  void theSchemaSaysAllOfTheRecordAlwaysInTheSameBytes() {
    assertThat(RecordType.of(Everything.class).schema().toJson().value())
        .isEqualTo(RecordType.of(Everything.class).schema().toJson().value())
        .isEqualTo(
            """
            {"type":"object","properties":{"user_name":{"type":"string","minLength":1,\
            "maxLength":20,"description":"who"},"small":{"type":"integer"},\
            "large":{"type":"integer"},"ratio":{"type":"number","maximum":1.5},\
            "flag":{"type":"boolean"},"mood":{"type":"string","enum":["calm","very_angry"]},\
            "note":{"anyOf":[{"type":"string"},{"type":"null"}]},"items":{"type":"array",\
            "items":{"type":"object","description":"one of them","properties":{\
            "name":{"type":"string"},"count":{"type":"integer","minimum":1,"maximum":10}},\
            "required":["name","count"],"additionalProperties":false},"maxItems":3},\
            "totals":{"type":"object","additionalProperties":{"type":"integer"}},\
            "nested":{"type":"object","description":"one of them","properties":{\
            "name":{"type":"string"},"count":{"type":"integer","minimum":1,"maximum":10}},\
            "required":["name","count"],"additionalProperties":false},"shape":{"anyOf":[\
            {"type":"object","properties":{"type":{"type":"string","enum":["circle"]},\
            "radius":{"type":"number"}},"required":["type","radius"],\
            "additionalProperties":false},{"type":"object","properties":{"type":{"type":"string",\
            "enum":["box_of_two"]},"width":{"type":"integer"},"height":{"anyOf":[\
            {"type":"integer"},{"type":"null"}]}},"required":["type","width"],\
            "additionalProperties":false}]},"IDs":{"type":"array","items":{"type":"array",\
            "items":{"type":"string"}}}},"required":["user_name","small","large","ratio","flag",\
            "mood","items","totals","nested","shape","IDs"],"additionalProperties":false}\
            """);
  }

  @Test
  void aSchemaIsReadBackAsItWasWritten() throws LlmException {
    JsonText text = RecordType.of(Item.class).schema().toJson();
    assertThat(Schema.parse(text, "").toJson()).isEqualTo(text);
  }

  @Test
  void everyTypeIsBound() throws LlmException {
    assertThat(RecordType.of(Everything.class).parse(new JsonText(WHOLE), Framing.EXACT))
        .isEqualTo(
            new Everything(
                "é😀",
                -1,
                Long.MAX_VALUE,
                1.5,
                true,
                Mood.VERY_ANGRY,
                Optional.empty(),
                List.of(new Item("a", 1), new Item("b", 2)),
                Map.of("x", 1L, "y", 2L),
                new Item("n", 3),
                new BoxOfTwo(2, Optional.empty()),
                List.of(List.of("p"), List.of())));
  }

  record Partly(String title, Mood mood, Optional<Integer> age, List<Item> items, Item last) {}

  @Test
  void whatHasNotComeIsAbsentAndNothingIsInvented() {
    var values =
        valuesOf(
            RecordType.of(Partly.class),
            "{\"title\":\"ab\",\"mood\":\"calm\",\"age\":12,\"items\":[{\"name\":\"x\",\"count\":1}],"
                + "\"last\":{\"name\":\"y\",\"count\":2}}");
    var item = new Item("x", 1);
    Optional<Integer> none = Optional.empty();
    assertThat(values)
        .containsExactly(
            new Partly(null, null, none, List.of(), null),
            new Partly("", null, none, List.of(), null),
            new Partly("a", null, none, List.of(), null),
            new Partly("ab", null, none, List.of(), null),
            new Partly("ab", Mood.CALM, none, List.of(), null),
            new Partly("ab", Mood.CALM, Optional.of(12), List.of(), null),
            new Partly("ab", Mood.CALM, Optional.of(12), List.of(item), null),
            new Partly("ab", Mood.CALM, Optional.of(12), List.of(item), new Item("y", 2)));
  }

  record Named(String name) {
    Named {
      if (name == null || name.equals("b")) {
        throw new IllegalArgumentException("no name " + name);
      }
    }
  }

  record Team(List<Named> members) {}

  @Test
  void aRecordThatRefusesWhatThereIsIsAbsentUntilItNoLongerDoes() throws LlmException {
    assertThat(valuesOf(RecordType.of(Named.class), "{\"name\":\"bc\"}"))
        .containsExactly(new Named(""), new Named("bc"));
    assertThatThrownBy(() -> parse(Team.class, "{\"members\":[{\"name\":\"a\"},{\"name\":\"b\"}]}"))
        .hasMessage(
            "The model's answer does not fit its schema: members[1]: expected what Named accepts,"
                + " found what it refuses: 'no name b'.");
  }

  record Drawing(List<Shape> shapes, Optional<Shape> more) {}

  @Test
  void anAlternativeIsToldByItsTypeWhereverItStands() throws LlmException {
    var drawing = new Drawing(List.of(new Circle(2)), Optional.of(new BoxOfTwo(1, Optional.of(2))));
    assertThat(
            parse(
                Drawing.class,
                "{\"shapes\":[{\"radius\":2,\"type\":\"circle\"}],"
                    + "\"more\":{\"width\":1,\"type\":\"box_of_two\",\"height\":2}}"))
        .isEqualTo(drawing);
    assertThat(
            valuesOf(
                RecordType.of(Drawing.class), "{\"shapes\":[{\"radius\":\"x\",\"type\":\"circle\""))
        .containsExactly(new Drawing(List.of(), Optional.empty()));
  }

  static Stream<Arguments> misfits() {
    return Stream.of(
        arguments(
            "{\"name\":\"a\",\"count\":11}",
            "count",
            "count: expected an integer from 1 to 10, found 11 (at 22)"),
        arguments("{\"name\":null", "name", "name: expected a string, found null (at 8)"),
        arguments(
            "{\"name\":\"a\"}",
            "",
            "the JSON value: expected the member 'count', found the end of the object (at 11)"),
        arguments(
            "{\"name\":\"a\",\"count\":1",
            "",
            "the JSON value: expected a comma or }, found the end of the text (at 21)"),
        arguments("Sorry, no.", "", "the JSON value: expected a value, found 'S' (at 0)"));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void whatDoesNotFitIsNamedWithItsPath(String text, String path, String problem) {
    assertThatThrownBy(() -> parse(Item.class, text))
        .isInstanceOf(LlmException.class)
        .extracting(e -> ((LlmException) e).error())
        .isEqualTo(new LlmError.InvalidAnswer(path, problem));
  }

  record Selfish(List<Selfish> more) {}

  record Bytes(byte[] bytes) {}

  record Deep(List<Optional<String>> list) {}

  record Twice(@Member(name = "a") int b, int a) {}

  record Unbound(@Member(min = 1) String text) {}

  record Keyed(Map<Integer, String> map) {}

  enum Cases {
    a,
    A
  }

  record HasCases(Cases cases) {}

  sealed interface Mixed permits MixedClass {}

  static final class MixedClass implements Mixed {}

  record HasMixed(Mixed mixed) {}

  @Test
  void aRecordWithoutASchemaIsRefusedWithTheComponent() {
    assertThatThrownBy(() -> RecordType.of(Selfish.class)).hasMessageContaining("contains itself");
    assertThatThrownBy(() -> RecordType.of(Bytes.class))
        .hasMessageStartingWith("component bytes of " + Bytes.class.getName())
        .hasMessageContaining("has a type without a schema; supported are String, int");
    assertThatThrownBy(() -> RecordType.of(Deep.class)).hasMessageContaining("an Optional inside");
    assertThatThrownBy(() -> RecordType.of(Twice.class)).hasMessageContaining("the same name");
    assertThatThrownBy(() -> RecordType.of(Unbound.class))
        .hasMessageContaining("a bound that does not go with its type");
    assertThatThrownBy(() -> RecordType.of(Keyed.class)).hasMessageContaining("without a schema");
    assertThatThrownBy(() -> RecordType.of(HasCases.class)).hasMessageContaining("two constants");
    assertThatThrownBy(() -> RecordType.of(HasMixed.class)).hasMessageContaining("is no record");
  }

  record Text(String text) {}

  @Test
  void aLongStringIsNotCopiedWithEachPiece() {
    var json =
        new PartialJson(RecordType.of(Text.class).schema(), Framing.EXACT, JsonLimits.ANSWER);
    var values = RecordType.of(Text.class).values(json);
    json.feed("{\"text\":\"");
    long copied = 0;
    int pieces = 200_000;
    for (int piece = 0; piece < pieces; piece++) {
      json.feed("word ");
      copied += values.next().map(value -> value.text().length()).orElse(0);
    }
    json.feed("\"}");
    assertThat(json.end()).isTrue();
    assertThat(values.whole().orElseThrow().text()).hasSize(5 * pieces);
    assertThat(copied).as("characters copied of a million").isLessThan(100L * 5 * pieces);
  }

  private static <T extends Record> List<T> valuesOf(RecordType<T> type, String text) {
    var json = new PartialJson(type.schema(), Framing.EXACT, JsonLimits.ANSWER);
    RecordValues<T> values = type.values(json);
    var all = new ArrayList<T>();
    for (char c : text.toCharArray()) {
      json.feed(String.valueOf(c));
      values.next().ifPresent(all::add);
    }
    return all;
  }

  private static <T extends Record> T parse(Class<T> type, String text) throws LlmException {
    return RecordType.of(type).parse(new JsonText(text), Framing.EXACT);
  }
}
