package llm.providers.mock;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Queue;
import llm.core.scripted.Step;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;

/**
 * Plays an answer word by word, cut by the request's stop strings and output limit as a model's
 * would be. Lazy: a long echo takes no more memory than its text.
 */
final class MockScript implements Iterator<Step> {
  private static final int CHARACTERS_PER_TOKEN = 4;
  private static final int MOST_WORD_CHARACTERS = 256;
  private static final int ARGUMENT_FRAGMENT_CHARACTERS = 16;

  private final String text;
  private final Optional<ToolCall> call;
  private final FinishReason finishReason;
  private final Usage prompt;
  private final MockSettings settings;

  private final Queue<Step> upcoming = new ArrayDeque<>();
  private int position; // in text
  private int argumentPosition;
  private boolean callStarted;
  private boolean begun; // a delta was handed out
  private boolean ended;

  /** An answer whose prompt took what {@code prompt} says. */
  MockScript(ChatRequest request, MockAnswer answer, MockSettings settings, Usage prompt) {
    this.settings = settings;
    this.prompt = prompt;
    String untilStop = untilStop(answer.text(), request);
    boolean stopped = untilStop.length() < answer.text().length();
    int room = request.maxTokens().orElse(Integer.MAX_VALUE);
    this.text = firstTokens(untilStop, room);
    boolean textCut = text.length() < untilStop.length();
    int left = room - tokens(text);
    Optional<ToolCall> asked = textCut || stopped ? Optional.empty() : answer.call();
    this.call = left < 1 ? Optional.empty() : asked.map(whole -> withArgumentsCut(whole, left));
    boolean callCut = !call.equals(asked);
    this.finishReason = finishReason(textCut || callCut, call.isPresent());
    upcoming.add(new Step.Emit(new StreamEvent.Started(request.model().value())));
  }

  @Override
  public boolean hasNext() {
    return !ended;
  }

  @Override
  public Step next() {
    if (ended) {
      throw new NoSuchElementException();
    }
    if (upcoming.isEmpty()) {
      refill();
    }
    Step step = upcoming.remove();
    ended = step instanceof Step.Emit(StreamEvent.Terminal _);
    return step;
  }

  /** What was taken once so many characters of text were handed out. */
  Usage usageAfter(long characters) {
    return usage(Math.toIntExact(Math.ceilDiv(characters, CHARACTERS_PER_TOKEN)));
  }

  private Usage usage(int completionTokens) {
    return new Usage(prompt.promptTokens(), completionTokens, prompt.cachedTokens());
  }

  private void refill() {
    Optional<StreamEvent> delta = nextDelta();
    if (delta.isEmpty()) {
      int completion = tokens(text) + call.map(made -> tokens(made.arguments().value())).orElse(0);
      upcoming.add(new Step.Emit(new StreamEvent.Done(finishReason, usage(completion))));
      return;
    }
    upcoming.add(new Step.Pause(begun ? settings.delay() : settings.firstTokenDelay()));
    upcoming.add(new Step.Emit(delta.get()));
    begun = true;
  }

  private Optional<StreamEvent> nextDelta() {
    if (position < text.length()) {
      int end = wordEnd(position);
      String word = text.substring(position, end);
      position = end;
      return Optional.of(new StreamEvent.TextDelta(word));
    }
    return call.flatMap(this::nextOfCall);
  }

  private Optional<StreamEvent> nextOfCall(ToolCall made) {
    if (!callStarted) {
      callStarted = true;
      return Optional.of(new StreamEvent.ToolCallStarted(0, made.id(), made.name()));
    }
    String arguments = made.arguments().value();
    if (argumentPosition >= arguments.length()) {
      return Optional.empty();
    }
    int end = boundary(arguments, argumentPosition + ARGUMENT_FRAGMENT_CHARACTERS);
    String fragment = arguments.substring(argumentPosition, end);
    argumentPosition = end;
    return Optional.of(new StreamEvent.ToolArgumentsDelta(0, fragment));
  }

  /** The end of the blanks and the word that begin at {@code start}. */
  private int wordEnd(int start) {
    int end = start;
    while (end < text.length() && Character.isWhitespace(text.charAt(end))) {
      end++;
    }
    while (end < text.length() && !Character.isWhitespace(text.charAt(end))) {
      end++;
    }
    return Math.min(end, boundary(text, start + MOST_WORD_CHARACTERS));
  }

  /** {@code index}, or one less or the text's end, so that no character is cut in two. */
  private static int boundary(String text, int index) {
    if (index >= text.length()) {
      return text.length();
    }
    return Character.isLowSurrogate(text.charAt(index)) ? index - 1 : index;
  }

  private static FinishReason finishReason(boolean cut, boolean calls) {
    if (cut) {
      return FinishReason.LENGTH;
    }
    return calls ? FinishReason.TOOL_CALLS : FinishReason.STOP;
  }

  private static String untilStop(String text, ChatRequest request) {
    int end = text.length();
    for (String stop : request.sampling().stop()) {
      int found = text.indexOf(stop);
      end = found >= 0 ? Math.min(end, found) : end;
    }
    return text.substring(0, end);
  }

  private static ToolCall withArgumentsCut(ToolCall call, int tokens) {
    String cut = firstTokens(call.arguments().value(), tokens);
    return new ToolCall(call.id(), call.name(), new JsonText(cut));
  }

  private static String firstTokens(String text, int tokens) {
    long most = (long) tokens * CHARACTERS_PER_TOKEN;
    int characters = text.codePointCount(0, text.length());
    return characters <= most ? text : text.substring(0, text.offsetByCodePoints(0, (int) most));
  }

  private static int tokens(String text) {
    return Math.ceilDiv(text.codePointCount(0, text.length()), CHARACTERS_PER_TOKEN);
  }
}
