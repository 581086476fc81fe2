package llm.core.gateway.attempt;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import llm.core.dialect.anthropic.upstream.Rethinking;
import llm.core.dialect.grammar.GrammarFields;
import llm.core.dialect.prediction.PredictionField;
import llm.core.template.grammar.ForcedCalls;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ResponseFormat;
import llm.domain.content.Dialect;
import llm.domain.content.Thinking;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.Nuance;

/**
 * What a request asks that not every provider can do. Where a provider asks an upstream, that one
 * refuses what it cannot; one that computes here has to be kept from what it would pass over.
 */
public final class Wishes {
  private final ChatRequest request;
  private final Route route;

  private Wishes(ChatRequest request, Route route) {
    this.request = request;
    this.route = route;
  }

  /**
   * Refuses what {@code route}'s provider would pass over.
   *
   * @throws LlmException with {@code Unsupported}
   */
  public static void require(ChatRequest request, Route route) throws LlmException {
    new Wishes(request, route).require();
  }

  /**
   * Whether nothing in {@code request} could be lost, whoever is asked: a look at what is there is
   * cheaper than finding out who that is.
   */
  public static boolean arePlain(ChatRequest request) {
    return request.extensions().isEmpty()
        && request.form().equals(AnswerForm.ANY)
        && areAll(request.tools(), tool -> tool.extensions().isEmpty())
        && areAll(request.messages(), Wishes::isPlain);
  }

  private static boolean isPlain(Message message) {
    return message.extensions().isEmpty()
        && message.name().isEmpty()
        && message.thoughts().isEmpty()
        && !message.failed()
        && areAll(message.toolCalls(), call -> call.extensions().isEmpty())
        && areAll(
            message.parts(), part -> part instanceof Part.Text && part.extensions().isEmpty());
  }

  /** A loop: this is asked of every request. */
  private static <T> boolean areAll(List<T> values, Predicate<T> wanted) {
    for (T value : values) {
      if (!wanted.test(value)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Fields that the provider has no place for, by their names, in order: they do not reach the
   * model, and the caller is to be told.
   *
   * @param dialects in which it can ask
   * @param left what our types know and it leaves out
   */
  public static List<String> lost(ChatRequest request, Set<Dialect> dialects, Set<Nuance> left) {
    var lost = new TreeSet<String>();
    addLost("", request.extensions(), dialects, lost);
    request.tools().forEach(tool -> addLost("tools[].", tool.extensions(), dialects, lost));
    for (Message message : request.messages()) {
      addLost("messages[].", message.extensions(), dialects, lost);
      message
          .parts()
          .forEach(part -> addLost("messages[].content[].", part.extensions(), dialects, lost));
      message
          .toolCalls()
          .forEach(call -> addLost("messages[].tool_calls[].", call.extensions(), dialects, lost));
      addThoughts(message, dialects, left.contains(Nuance.REASONING), lost);
      addLeft(message, left, lost);
      if (message.failed() && !dialects.equals(Set.of(Dialect.ANTHROPIC))) {
        lost.add("messages[].content[].is_error"); // the other dialects cannot say it
      }
    }
    if (!(request.form().format() instanceof ResponseFormat.Text)) {
      GrammarFields.NAMES.forEach(lost::remove); // the form says them, and is kept or refused
    }
    boolean predicts = lost.contains(PredictionField.NAME) && !left.contains(Nuance.PREDICTION);
    if (predicts && PredictionField.in(request).isPresent()) {
      lost.remove(PredictionField.NAME); // it has a place, whatever the dialect
    }
    boolean described =
        request.form().format() instanceof ResponseFormat.JsonSchema schema
            && schema.description().isPresent();
    if (described && left.contains(Nuance.SCHEMA_DESCRIPTION)) {
      lost.add("response_format.json_schema.description");
    }
    boolean byEffort = request.form().thinking().orElse(null) instanceof Thinking.ByEffort;
    if (dialects.equals(Set.of(Dialect.ANTHROPIC))
        && byEffort
        && Rethinking.isLost(request.model().value(), request.messages())) {
      lost.add("reasoning_effort");
    }
    return List.copyOf(lost);
  }

  private static void addLost(
      String where, Extensions extensions, Set<Dialect> dialects, TreeSet<String> lost) {
    boolean reach = dialects.stream().anyMatch(extensions.dialect()::isReadAs);
    if (!reach) {
      extensions.fields().keySet().forEach(name -> lost.add(where + name));
    }
  }

  /** Proofs go back to their own dialect alone; with them goes the thought, where it needs one. */
  private static void addThoughts(
      Message message, Set<Dialect> dialects, boolean needsProof, TreeSet<String> lost) {
    for (Thought thought : message.thoughts()) {
      boolean isProven = dialects.stream().anyMatch(thought::isProvenIn);
      if (thought.proof().isPresent() && !isProven) {
        lost.add("messages[].reasoning.signature");
      }
      if (!isProven && needsProof && !thought.text().isEmpty()) {
        lost.add("messages[].reasoning_content");
      }
    }
  }

  private static void addLeft(Message message, Set<Nuance> left, TreeSet<String> lost) {
    if (message.name().isPresent() && left.contains(Nuance.NAMES)) {
      lost.add("messages[].name");
    }
    for (Part part : message.parts()) {
      boolean detailed =
          part instanceof Part.Image image && image.detail().filter(Wishes::isWish).isPresent();
      if (detailed && left.contains(Nuance.IMAGE_DETAIL)) {
        lost.add("messages[].content[].image_url.detail");
      }
    }
  }

  /** That an image is looked at as the model likes is what happens anyway. */
  private static boolean isWish(String detail) {
    return !detail.equals("auto");
  }

  private void require() throws LlmException {
    List<Message> messages = request.messages();
    for (int i = 0; i < messages.size(); i++) {
      for (Part part : messages.get(i).parts()) {
        content("messages[" + i + "].content", part);
      }
    }
    boolean adapted = !request.sampling().adapters().isEmpty();
    if (adapted && !route.provider().takesAdapters(request.model())) {
      throw unsupported("lora", "takes no LoRA adapters; leave them out");
    }
    if (route.counts()) {
      form(request.form());
    }
  }

  private void content(String path, Part part) throws LlmException {
    switch (part) {
      case Part.Text _ -> {
        // everybody reads
      }
      case Part.Image _ -> {
        if (route.counts() && !route.spec().vision()) {
          throw unsupported(path, "reads no images");
        }
      }
      case Part.Foreign foreign -> {
        Set<Dialect> dialects = route.provider().dialects(request.model());
        if (dialects.stream().noneMatch(foreign.dialect()::isReadAs)) {
          throw unsupported(path, "takes no content of type '" + foreign.type() + "'");
        }
      }
    }
  }

  private void form(AnswerForm form) throws LlmException {
    if (form.format() instanceof ResponseFormat.Grammar && !route.spec().json()) {
      throw GrammarFields.unsupported(request);
    }
    if (!(form.format() instanceof ResponseFormat.Text) && !route.spec().json()) {
      throw unsupported("response_format", "answers in plain text only");
    }
    boolean one = form.parallelToolCalls().filter(many -> !many).isPresent();
    boolean calls = ForcedCalls.areDemanded(request) || ForcedCalls.mayReplaceForm(request);
    boolean held = route.spec().json() && calls; // to a grammar
    if (one && !held && !request.tools().isEmpty()) {
      throw unsupported("parallel_tool_calls", "cannot be kept from calling several tools at once");
    }
    if (form.thinking().filter(Wishes::isMoreThanTheModelsOwn).isPresent()) {
      throw unsupported("reasoning_effort", "has no reasoning that could be set");
    }
  }

  /** That a model thinks as much as it finds right is what it does anyway. */
  private static boolean isMoreThanTheModelsOwn(Thinking wish) {
    return !(wish instanceof Thinking.Off || wish instanceof Thinking.Adaptive);
  }

  private LlmException unsupported(String path, String what) {
    return new LlmException(
        new LlmError.Unsupported(path, "Model '" + request.model().value() + "' " + what + "."));
  }
}
