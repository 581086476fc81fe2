package llm.gpu.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import llm.core.template.ConversationTemplate.Marks;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A-2: a model of which one template cannot be read is asked by the other")
class ModelTemplatesTest {
  private static final Marks MARKS = new Marks("<s>", "</s>");
  private static final String USUAL =
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>";
  private static final String UNKNOWN = "{% teapot %}";

  @Test
  void aTemplateForToolsThatCannotBeReadKeepsToolsAwayAndNothingElse() {
    Conversations found = ModelTemplates.OWN.of(Optional.of(USUAL), Optional.of(UNKNOWN), MARKS);

    assertThat(found).isInstanceOf(Conversations.Own.class);
    assertThat(found.offersTools()).isFalse();
    assertThat(found.described())
        .startsWith("the model's template, without tools: Its chat template for tools")
        .contains("teapot", "chat_template_file");
  }

  @Test
  void aUsualTemplateThatCannotBeReadIsAskedByNothing() {
    assertThat(ModelTemplates.OWN.of(Optional.of(UNKNOWN), Optional.of(USUAL), MARKS))
        .isInstanceOf(Conversations.Unreadable.class);
  }
}
