package llm.gpu.local;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import llm.core.template.ConversationTemplate.Marks;
import llm.domain.chat.ChatRequest;
import llm.domain.error.LlmException;
import llm.domain.model.ModelSpec;
import llm.domain.port.Continuation;
import llm.domain.port.ModelInfo;
import llm.gpu.adapter.AdapterFile;
import llm.gpu.engine.EngineSettings;
import llm.gpu.gguf.FileMark;
import llm.gpu.gguf.GgufException;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.gguf.SplitFiles;
import llm.gpu.grammar.AnswerGrammar;
import llm.gpu.text.Conversations;
import llm.gpu.text.ModelTemplates;

/**
 * A model file as it was when it was looked at.
 *
 * @param id what callers ask for
 * @param file the file
 * @param mark the file's size and time then; empty when it was not there
 * @param header what it says; empty when it is not usable
 * @param problem why it is not usable, one client-safe sentence; empty text when it is
 * @param templates which chat templates models are asked by
 * @param talks how its conversations look
 * @param adapter the adapter that the file's model is asked with; empty for the model as it is
 */
record ModelEntry(
    String id,
    Path file,
    Optional<FileMark> mark,
    Optional<GgufHeader> header,
    String problem,
    ModelTemplates templates,
    Conversations talks,
    Optional<Adapter> adapter) {

  /**
   * An adapter of a model.
   *
   * @param file its file
   * @param parent the id of the model
   */
  record Adapter(AdapterFile file, String parent) {}

  /** A model as it is. */
  ModelEntry(
      String id,
      Path file,
      Optional<FileMark> mark,
      Optional<GgufHeader> header,
      String problem,
      ModelTemplates templates,
      Conversations talks) {
    this(id, file, mark, header, problem, templates, talks, Optional.empty());
  }

  /** Looks at {@code file}. */
  static ModelEntry read(String id, Path file, ModelTemplates templates) {
    Optional<FileMark> mark = FileMark.of(file);
    try {
      GgufHeader header = SplitFiles.readAll(file);
      Conversations talks =
          templates.of(header.chatTemplate(), header.toolTemplate(), new Marks("", ""));
      return new ModelEntry(id, file, mark, Optional.of(header), "", templates, talks);
    } catch (GgufException unusable) {
      String problem = "The file " + file.getFileName() + " " + unusable.getMessage() + ".";
      return new ModelEntry(
          id, file, mark, Optional.empty(), problem, templates, new Conversations.Plain());
    }
  }

  /** One whose file could not be looked at, for a reason that only the log has. */
  static ModelEntry broken(
      String id, Path file, Optional<FileMark> mark, ModelTemplates templates) {
    String problem =
        "The file "
            + file.getFileName()
            + " could not be read; the server's log has the cause. Put a sound one in its place.";
    return new ModelEntry(
        id, file, mark, Optional.empty(), problem, templates, new Conversations.Plain());
  }

  /** One whose model is not there at all. */
  static ModelEntry missing(String id, String problem, ModelTemplates templates) {
    return new ModelEntry(
        id,
        Path.of(""),
        Optional.empty(),
        Optional.empty(),
        problem,
        templates,
        new Conversations.Plain());
  }

  /** This entry, or a new one when the file is not the same any more. */
  ModelEntry refreshed() {
    return FileMark.of(file).equals(mark) ? this : read(id, file, templates);
  }

  /** Whether it can be asked for. */
  boolean usable() {
    return header.isPresent();
  }

  /** Whether it can be offered tools. */
  boolean tools() {
    return talks.offersTools();
  }

  /** How it goes on with an answer that another one began. */
  Continuation continuation() {
    return talks.continuation();
  }

  /**
   * What calls are held to that {@code request} demands; empty where it demands none.
   *
   * @throws LlmException when that cannot be guaranteed
   */
  Optional<AnswerGrammar> calls(ChatRequest request) throws LlmException {
    return talks.calls(request).map(held -> AnswerGrammar.ofCalls(held, "tools"));
  }

  /**
   * What an answer to {@code request} is held to that is to have the form {@code asked}, or else
   * calls tools.
   *
   * @throws LlmException when that cannot be guaranteed
   */
  AnswerGrammar formed(AnswerGrammar asked, ChatRequest request) throws LlmException {
    return talks.formed(asked, request);
  }

  /** The same file under another id. */
  ModelEntry as(String otherId) {
    return new ModelEntry(otherId, file, mark, header, problem, templates, talks);
  }

  /** This model with an adapter; not usable when one of both is not. */
  ModelEntry adapted(AdapterEntry with) {
    Optional<FileMark> seen = with.mark().filter(_ -> with.usable()).or(() -> mark);
    return new ModelEntry(
        with.name(),
        file,
        seen,
        header.filter(_ -> with.usable()),
        with.usable() ? problem : with.problem(),
        templates,
        talks,
        Optional.of(new Adapter(with.settings().adapter(), id)));
  }

  /** For listings: what is known of it, or its problem. */
  ModelInfo info(EngineSettings settings) {
    return new ModelInfo(
        id,
        LocalProvider.ID,
        mark.map(FileMark::modified).orElse(Instant.EPOCH),
        header.map(known -> spec(known, settings, tools())),
        header.map(this::describe).orElse(problem),
        adapter.map(Adapter::parent));
  }

  private static ModelSpec spec(GgufHeader header, EngineSettings settings, boolean tools) {
    int contextTokens = settings.contextFor(header.contextTokens());
    return new ModelSpec(
        contextTokens, contextTokens, tools, false, true, Optional.empty(), Optional.empty());
  }

  private String describe(GgufHeader known) {
    if (adapter.isPresent()) {
      return "LoRA adapter of model " + adapter.get().parent() + ".";
    }
    String name =
        id.equals(BuiltinModel.ID)
            ? BuiltinModel.DESCRIPTION
            : known.name().orElse(SplitFiles.stem(file.getFileName().toString()));
    String size = known.sizeLabel().map(label -> " " + label).orElse("");
    double megabytes = Math.round(known.fileBytes() / 1e5) / 10.0;
    return name + " (" + known.architecture() + size + ", " + megabytes + " MB, in this process)";
  }
}
