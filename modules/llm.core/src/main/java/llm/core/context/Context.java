package llm.core.context;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.port.TokenCounter;

/**
 * What a model is told of a conversation: a first message that never changes, and the messages
 * since (C-4). Counting a message costs that message, not the history. Grows at its end only; one
 * thread at a time.
 */
final class Context {
  /** How far a provider's own count may move ours; what lies beyond is not believed. */
  private static final double MAX_FACTOR = 8;

  private final Message first;
  private final TokenCounter counter;
  private final int frame; // tokens of a prompt without messages
  private final List<Message> messages = new ArrayList<>();
  private final List<Integer> tokens = new ArrayList<>(); // of each message, by our counter
  private final int firstTokens;
  private int sentFrom; // while not all messages fit
  private long counted; // of all messages, by our counter
  private double factor = 1; // a provider's count over ours

  /** An empty one behind {@code first}. */
  Context(Message first, TokenCounter counter) {
    this.first = first;
    this.counter = counter;
    this.frame = counter.countMessages(List.of());
    this.firstTokens = count(first);
  }

  /** One with the messages of {@code other} from {@code from} on; none is counted again. */
  Context(Message first, TokenCounter counter, Context other, int from) {
    this(first, counter);
    this.factor = other.factor;
    messages.addAll(other.messages.subList(from, other.size()));
    tokens.addAll(other.tokens.subList(from, other.size()));
    counted = other.uncorrectedTokens(from) - other.frame - other.firstTokens;
  }

  void add(Message message) {
    int count = count(message);
    messages.add(message);
    tokens.add(count);
    counted += count;
  }

  /** Takes the newest message back. */
  void removeLast() {
    messages.removeLast();
    counted -= tokens.removeLast();
  }

  /** How many messages there are behind the first one. */
  int size() {
    return messages.size();
  }

  /** The first message: what a context begins with. */
  Message first() {
    return first;
  }

  /** The messages behind the first one from {@code from} on; a view. */
  List<Message> messages(int from) {
    return Collections.unmodifiableList(messages.subList(from, messages.size()));
  }

  /** The first message and those from {@code from} to {@code to}, exclusive, as they are now. */
  List<Message> prompt(int from, int to) {
    List<Message> prompt = new ArrayList<>(to - from + 2);
    prompt.add(first);
    prompt.addAll(messages.subList(from, to));
    return prompt;
  }

  /** Tokens of the whole prompt, as near as is known. */
  int promptTokens() {
    return corrected(uncorrectedTokens(0));
  }

  /** Tokens of the prompt without the messages before {@code from}, as near as is known. */
  int correctedTokens(int from) {
    return corrected(uncorrectedTokens(from));
  }

  /** Tokens of one more message. */
  int tokensOf(Message message) {
    return corrected(count(message));
  }

  /**
   * A provider has counted a prompt of ours: from now on ours follows it, up and down.
   *
   * @param real its count, 1 or more
   * @param ours what {@link #uncorrectedTokens} was for it
   */
  void calibrate(int real, long ours) {
    factor = Math.clamp((double) real / Math.max(1, ours), 1 / MAX_FACTOR, MAX_FACTOR);
  }

  /** Tokens of the prompt without the messages before {@code from}, by our counter alone. */
  long uncorrectedTokens(int from) {
    long left = frame + firstTokens + counted;
    for (int i = 0; i < from; i++) {
      left -= tokens.get(i);
    }
    return left;
  }

  /** Tokens of another prompt, by our counter alone. */
  long uncorrectedTokens(Message begin, List<Message> told) {
    long all = frame + count(begin);
    for (Message message : told) {
      all += count(message);
    }
    return all;
  }

  /**
   * The first message to send so that the prompt takes no more than {@code limit} tokens: 0 when
   * all of it fits. What is left out ends before a user's message, so that no answer and no tool's
   * result stands alone.
   *
   * @return {@link #size} when not even the newest turn fits
   */
  int firstThatFits(int limit) {
    long left = uncorrectedTokens(0);
    for (int from = 0; from < messages.size(); from++) {
      if (from == 0 || messages.get(from).role() == Role.USER) {
        if (corrected(left) <= limit) {
          return from;
        }
      }
      left -= tokens.get(from);
    }
    return messages.size();
  }

  /**
   * The first message to send in a turn; 0 when all of them fit. Where they do not, it stays as
   * long as it can, so that prompts begin alike and are read from where the one before ended; then
   * it moves so far that some turns have room.
   *
   * @return as {@link #firstThatFits}
   */
  int firstToSend(Window window) {
    int least = firstThatFits(window.promptTokens());
    if (least == 0 || least == messages.size()) {
      sentFrom = 0;
      return least;
    }
    if (sentFrom < least || sentFrom >= messages.size()) {
      int roomy = firstThatFits((int) (window.promptTokens() * window.warmupRatio()));
      sentFrom = roomy < messages.size() ? roomy : least;
    }
    return sentFrom;
  }

  /**
   * How many of the first {@code most} messages make a prompt of at most {@code limit} tokens; it
   * ends before a user's message, or with the last of them.
   */
  int longestPrefix(int most, int limit) {
    long taken = frame + firstTokens;
    int fits = 0;
    for (int i = 0; i < most; i++) {
      taken += tokens.get(i);
      boolean whole = i + 1 == most || messages.get(i + 1).role() == Role.USER;
      if (corrected(taken) > limit) {
        break;
      }
      fits = whole ? i + 1 : fits;
    }
    return fits;
  }

  /** How many messages the first turn has; 0 when there is none. */
  int firstTurn() {
    int end = Math.min(1, messages.size());
    while (end < messages.size() && messages.get(end).role() != Role.USER) {
      end++;
    }
    return end;
  }

  /** Where the last {@code count} messages or more begin, at a user's message; 0 for fewer. */
  int startOfLast(int count) {
    return turnStart(Math.max(0, messages.size() - count));
  }

  /** {@code from}, or the last user's message before it; 0 when there is none. */
  int turnStart(int from) {
    int at = from;
    while (at > 0 && at < messages.size() && messages.get(at).role() != Role.USER) {
      at--;
    }
    return at;
  }

  private int count(Message message) {
    return counter.countMessages(List.of(message)) - frame;
  }

  private int corrected(long tokensByUs) {
    return (int) Math.min(Integer.MAX_VALUE, Math.ceil(tokensByUs * factor));
  }
}
