package llm.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;
import llm.domain.content.Thinking;
import llm.domain.content.Thought;
import org.junit.jupiter.api.Test;

class PartTest {
  private static final Part IMAGE = new Part.Image(new ImageSource.Url("https://e.com/a.png"));
  private static final Part FOREIGN =
      new Part.Foreign(Dialect.ANTHROPIC, "document", new JsonText("{}"));

  @Test
  void theWordsOfAMessageAreItsTextPartsALineEach() {
    var message = Message.of(Role.USER, List.of(new Part.Text("a"), IMAGE, new Part.Text("b")));
    assertThat(message.text()).isEqualTo("a\nb");
    assertThat(message.isPlain()).isFalse();
    assertThat(Message.of(Role.USER, List.of(IMAGE)).isPlain()).isFalse();
    assertThat(Message.of(Role.USER, List.of(IMAGE)).text()).isEmpty();
    assertThat(Message.user("a").isPlain()).isTrue();
    assertThat(Message.user("").parts()).isEmpty();
    assertThat(Message.user("").isPlain()).isTrue();
  }

  @Test
  void imagesAndForeignPartsHaveNothingBesideThem() {
    assertThat(IMAGE.extensions()).isEqualTo(Extensions.NONE);
    assertThat(FOREIGN.extensions().isEmpty()).isTrue();
  }

  @Test
  void onlyAnAssistantThinksAndOnlyAToolFails() {
    var thoughts = List.of(Thought.of("hm"));
    assertThat(Message.assistant("a").withThoughts(thoughts).thoughts()).isEqualTo(thoughts);
    assertThatIllegalArgumentException().isThrownBy(() -> Message.user("a").withThoughts(thoughts));
    var failed =
        new Message(
            Role.TOOL,
            List.of(new Part.Text("no such file")),
            List.of(),
            Optional.of("c1"),
            true,
            Optional.empty(),
            List.of(),
            Extensions.NONE);
    assertThat(failed.failed()).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new Message(
                Role.USER,
                List.of(),
                List.of(),
                Optional.empty(),
                true,
                Optional.empty(),
                List.of(),
                Extensions.NONE));
  }

  @Test
  void fieldsOfADialectAreCopiedAndGivenToThatDialectAlone() {
    var fields = new HashMap<>(Map.of("cache_control", new JsonText("{}")));
    Extensions extensions = Extensions.of(Dialect.ANTHROPIC, fields);
    fields.clear();
    assertThat(extensions.in(Dialect.ANTHROPIC)).containsOnlyKeys("cache_control");
    assertThat(extensions.in(Dialect.OPENAI_CHAT)).isEmpty();
    assertThat(extensions.isEmpty()).isFalse();
    assertThat(Extensions.of(Dialect.ANTHROPIC, Map.of())).isSameAs(Extensions.NONE);
    assertThat(Message.user("a").withExtensions(extensions).extensions()).isEqualTo(extensions);
  }

  @Test
  void anAnswersFormIsSetPieceByPiece() {
    var schema =
        new ResponseFormat.JsonSchema("answer", Optional.empty(), JsonText.EMPTY_OBJECT, true);
    AnswerForm form =
        AnswerForm.ANY
            .withFormat(schema)
            .withParallelToolCalls(false)
            .withThinking(new Thinking.Off());
    assertThat(form)
        .isEqualTo(new AnswerForm(schema, Optional.of(false), Optional.of(new Thinking.Off())));
    assertThat(form.withoutThinking().thinking()).isEmpty();
    assertThat(form.continues()).isFalse();
    assertThat(form.continuing().withThinking(new Thinking.Adaptive()).continues()).isTrue();
    assertThat(new ResponseFormat.JsonObject()).isEqualTo(new ResponseFormat.JsonObject());
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new ResponseFormat.JsonSchema(
                "two words", Optional.empty(), JsonText.EMPTY_OBJECT, false))
        .withMessageContaining("must match");
  }

  @Test
  void aGrammarSaysSomethingAndIsNotEndless() {
    assertThat(new ResponseFormat.Grammar("root ::= \"a\"").gbnf()).isEqualTo("root ::= \"a\"");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ResponseFormat.Grammar(" \n"))
        .withMessageContaining("must say something");
    String longest = "#".repeat(ResponseFormat.Grammar.MOST_CHARACTERS);
    assertThat(new ResponseFormat.Grammar(longest).gbnf()).hasSize(65_536);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ResponseFormat.Grammar(longest + "#"))
        .withMessageContaining("65537 characters is too long; 65536 are the most");
  }
}
