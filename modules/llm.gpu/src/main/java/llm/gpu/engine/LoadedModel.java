package llm.gpu.engine;

import java.nio.file.Path;
import java.util.Optional;
import llm.gpu.ffi.Callbacks;
import llm.gpu.gguf.FileMark;
import llm.gpu.llama.Batch;
import llm.gpu.llama.ChatTemplate;
import llm.gpu.llama.Context;
import llm.gpu.llama.ContextOptions;
import llm.gpu.llama.Library;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Model;

/** A model in memory with what its requests are computed in. The engine's thread owns it. */
final class LoadedModel implements AutoCloseable {
  private final Path file;
  private final FileMark mark;
  private final Model model;
  private final Context context;
  private final int contextTokens;
  private final Batch batch;
  private final Optional<ChatTemplate> template;

  private LoadedModel(Path file, FileMark mark, Model model, Context context, int contextTokens) {
    this.file = file;
    this.mark = mark;
    this.model = model;
    this.context = context;
    this.contextTokens = contextTokens;
    this.batch = new Batch(context.batchTokens(), context.sequences());
    this.template = model.chatTemplate().map(ChatTemplate::new);
  }

  /** Loads {@code file} and makes its context. */
  static LoadedModel load(
      Library library,
      Path file,
      FileMark mark,
      EngineSettings settings,
      Callbacks.Progress progress)
      throws LlamaException {
    Model model = Model.load(library, file, progress);
    boolean complete = false;
    try {
      int window = settings.contextFor(model.trainedContext());
      int pool = settings.poolFor(window);
      int sequences = settings.slots().total() + settings.prefixes().sequences();
      var options =
          new ContextOptions(pool, settings.batchFor(pool), sequences, settings.threads());
      var loaded = new LoadedModel(file, mark, model, model.newContext(options), window);
      complete = true;
      return loaded;
    } finally {
      if (!complete) {
        model.close();
      }
    }
  }

  Path file() {
    return file;
  }

  /** The file as it was when it was loaded. */
  FileMark mark() {
    return mark;
  }

  /** The file's name, for logs and reports. */
  String name() {
    return file.getFileName().toString();
  }

  Model model() {
    return model;
  }

  Context context() {
    return context;
  }

  /** The window: the most tokens of one prompt and its answer together. */
  int contextTokens() {
    return contextTokens;
  }

  Batch batch() {
    return batch;
  }

  Optional<ChatTemplate> template() {
    return template;
  }

  @Override
  public void close() {
    batch.close();
    model.close();
  }
}
