package llm.providers.custom;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.openai.upstream.FinishReasons;
import llm.core.dialect.upstream.AnswerReader;
import llm.core.dialect.upstream.ErrorReader;
import llm.core.dialect.upstream.UpstreamError;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;
import llm.providers.custom.AnswerPaths.Key;
import llm.providers.custom.Paths.Found;

/** Reads answers, whole or in pieces, by the paths of the configuration. Not thread-safe. */
final class CustomReader implements AnswerReader {
  private final UpstreamFailures failures;
  private final AnswerPaths paths;
  private final Paths<Key> compiled;
  private final Optional<String> mark;
  private final Map<String, FinishReason> reasons;

  private Optional<FinishReason> finish = Optional.empty();
  private Optional<Integer> input = Optional.empty();
  private Optional<Integer> output = Optional.empty();
  private boolean begun;
  private boolean done;
  private boolean hadText;

  // of the piece that is being read
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();
  private Optional<Found> error = Optional.empty();
  private boolean skipped;

  /**
   * A reader of one answer.
   *
   * @param mark data of the piece behind the last one
   * @param reasons what the endpoint's reasons mean, where that is not understood anyway
   */
  CustomReader(
      UpstreamFailures failures,
      AnswerPaths paths,
      Optional<String> mark,
      Map<String, FinishReason> reasons) {
    this.failures = failures;
    this.paths = paths;
    this.compiled = paths.compiled();
    this.mark = mark;
    this.reasons = reasons;
  }

  @Override
  public void read(byte[] data, int offset, int length, Consumer<? super StreamEvent> events)
      throws LlmException {
    byte[] document = Arrays.copyOfRange(data, offset, offset + length);
    if (isMark(document)) {
      done = true;
      return;
    }
    clear();
    try {
      compiled.find(document, this::take);
    } catch (LlmException noPiece) {
      throw new LlmException(failures.noChunk(noPiece.error(), document), noPiece);
    }
    if (error.isPresent()) {
      throw new LlmException(failures.inStream(said(error.get())));
    }
    begun = true;
    if (!reasoning.isEmpty()) {
      events.accept(new StreamEvent.ReasoningDelta(reasoning.toString()));
    }
    if (!text.isEmpty() && !skipped) {
      events.accept(new StreamEvent.TextDelta(text.toString()));
    }
  }

  @Override
  public boolean isDone() {
    return done;
  }

  @Override
  public boolean hasBegun() {
    return begun;
  }

  @Override
  public boolean isFinished() {
    return done || finish.isPresent();
  }

  @Override
  public Usage usage() {
    return Usage.of(input.orElse(0), output.orElse(0));
  }

  /** An endpoint that has no way to say that it is done is done when it closes. */
  @Override
  public StreamEvent.Terminal end() {
    boolean tells = mark.isPresent() || paths.has(Key.DONE_PATH) || paths.has(Key.FINISH_REASON);
    if (!begun) {
      return failed("ended its stream without an answer");
    }
    if (tells && !isFinished()) {
      return failed("ended its stream in the middle of the answer");
    }
    FinishReason reason = finish.orElse(FinishReason.STOP);
    return reason == FinishReason.ERROR
        ? failed("ended its answer with an error")
        : new StreamEvent.Done(reason, usage());
  }

  @Override
  public StreamEvent.Terminal endWhole() {
    if (!hadText) {
      String path = paths.paths().get(Key.TEXT);
      return failed("sent an answer that has no text at '" + path + "'");
    }
    done = true;
    return end();
  }

  private StreamEvent.Failed failed(String what) {
    return new StreamEvent.Failed(failures.broke(what), usage());
  }

  private void clear() {
    text.setLength(0);
    reasoning.setLength(0);
    error = Optional.empty();
    skipped = false;
  }

  private void take(Key key, Found found) {
    switch (key) {
      case TEXT -> {
        hadText |= !found.isJson();
        text.append(found.isJson() ? "" : found.text());
      }
      case REASONING -> reasoning.append(found.isJson() ? "" : found.text());
      case FINISH_REASON -> {
        if (found.isText() && !found.text().isEmpty()) {
          finish = Optional.of(reason(found.text()));
        }
      }
      case INPUT_TOKENS -> input = Paths.count(found).or(() -> input);
      case OUTPUT_TOKENS -> output = Paths.count(found).or(() -> output);
      case ERROR -> error = Optional.of(found).filter(Paths::isYes);
      case DONE_PATH -> done |= Paths.isYes(found);
      case SKIP_PATH -> skipped |= Paths.isYes(found);
    }
  }

  private FinishReason reason(String name) {
    FinishReason meant = reasons.get(name);
    return meant == null ? FinishReasons.of(name) : meant;
  }

  private static UpstreamError said(Found error) throws LlmException {
    Optional<UpstreamError> read =
        error.isJson()
            ? JsonCursor.piece(new JsonText(error.text()), "", ErrorReader::value)
            : Optional.empty();
    return read.orElseGet(() -> UpstreamError.of(error.text()));
  }

  private boolean isMark(byte[] document) {
    return mark.isPresent()
        && new String(document, StandardCharsets.UTF_8).strip().equals(mark.get());
  }
}
