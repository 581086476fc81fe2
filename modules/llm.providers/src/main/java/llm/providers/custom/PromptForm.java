package llm.providers.custom;

import java.util.List;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.chat.Message;
import llm.domain.chat.Role;

/**
 * How messages become one text, for endpoints that complete a text. A lone message of the user is
 * its words alone.
 *
 * @param system what the system says, with its words at {@code {{text}}}
 * @param user what a user says
 * @param assistant what was answered
 * @param end what stands behind all, for the answer to go on from
 */
record PromptForm(String system, String user, String assistant, String end) {
  private static final String TEXT = "{{text}}";
  private static final Setting<String> SYSTEM =
      Setting.text("system", TEXT + "\n\n", "What the system says, its words at {{text}}.");
  private static final Setting<String> USER =
      Setting.text("user", "User: " + TEXT + "\n", "What a user says.");
  private static final Setting<String> ASSISTANT =
      Setting.text("assistant", "Assistant: " + TEXT + "\n", "What was answered.");
  private static final Setting<String> END =
      Setting.text("end", "Assistant:", "What the answer goes on from.");

  /** Reads the section {@code prompt}. */
  static PromptForm read(Section endpoint) {
    Section section =
        endpoint.section("prompt", "How {{prompt}} is made of several messages, or of a system's.");
    var form =
        new PromptForm(
            section.get(SYSTEM), section.get(USER), section.get(ASSISTANT), section.get(END));
    for (Setting<String> turn : List.of(SYSTEM, USER, ASSISTANT)) {
      if (!section.get(turn).contains(TEXT)) {
        section.reject(turn.key(), "must have {{text}}, where the words go");
      }
    }
    return form;
  }

  /** The messages as one text. */
  String of(List<Message> messages) {
    if (messages.size() == 1 && messages.getFirst().role() == Role.USER) {
      return messages.getFirst().text();
    }
    var text = new StringBuilder();
    for (Message message : messages) {
      String turn =
          switch (message.role()) {
            case SYSTEM -> system;
            case ASSISTANT -> assistant;
            case USER, TOOL -> user;
          };
      text.append(turn.replace(TEXT, message.text()));
    }
    return text.append(end).toString();
  }
}
