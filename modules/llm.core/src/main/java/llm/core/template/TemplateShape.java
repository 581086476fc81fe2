package llm.core.template;

import java.util.ArrayList;
import java.util.List;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.MarkedCalls;

/**
 * In what form a template wants its values: they do not agree, so the forms are tried on a small
 * conversation, and the first that reaches the prompt with everything is taken.
 *
 * @param content a message's words
 * @param absent the content of a message that only calls tools
 * @param arguments a call's arguments
 * @param ids a call's id
 * @param system the system's message
 * @param tools where tools and calls are said
 */
record TemplateShape(
    Content content, Absent absent, Arguments arguments, Ids ids, System system, Tools tools) {
  static final TemplateShape USUAL =
      new TemplateShape(
          Content.STRING, Absent.EMPTY, Arguments.OBJECT, Ids.KEPT, System.SPOKEN, Tools.FIELDS);

  enum Content {
    STRING,
    PARTS
  }

  enum Absent {
    EMPTY,
    NONE
  }

  enum Arguments {
    OBJECT,
    STRING
  }

  enum Ids {
    KEPT,
    /** Nine letters and digits. */
    NINE
  }

  enum System {
    SPOKEN,
    /** There is no such role: its words stand before those of the user's message that follows. */
    MERGED
  }

  enum Tools {
    /** In {@code tools}, and in the {@code tool_calls} of messages. */
    FIELDS,
    /** Calls are part of the content, between the format's marks, as the model wrote them. */
    WRITTEN,
    /**
     * The same; tools are a field of the system's message, and results have a role of their own.
     */
    SYSTEM
  }

  /** All forms of calls with this one's content and system, the usual first. */
  List<TemplateShape> forms(AnswerFormat format) {
    List<TemplateShape> shapes = new ArrayList<>();
    for (Ids idForm : Ids.values()) {
      for (Absent absentForm : Absent.values()) {
        for (Arguments argumentForm : Arguments.values()) {
          shapes.add(
              new TemplateShape(content, absentForm, argumentForm, idForm, system, Tools.FIELDS));
        }
      }
    }
    if (MarkedCalls.of(format).isPresent()) {
      shapes.add(new TemplateShape(content, absent, arguments, ids, system, Tools.WRITTEN));
    }
    if (format == AnswerFormat.PHI4) {
      shapes.add(new TemplateShape(content, absent, arguments, ids, system, Tools.SYSTEM));
    }
    return shapes;
  }

  TemplateShape with(Content other) {
    return new TemplateShape(other, absent, arguments, ids, system, tools);
  }

  TemplateShape with(System other) {
    return new TemplateShape(content, absent, arguments, ids, other, tools);
  }
}
