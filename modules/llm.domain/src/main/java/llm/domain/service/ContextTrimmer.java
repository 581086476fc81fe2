package llm.domain.service;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.model.TokenLimit;
import llm.domain.port.TokenCounter;

/**
 * Cuts one list of messages down to a limit, as {@link RequestBuilder#optimizeContext} promises. A
 * cut before message i keeps message i and what follows. All steps are linear in the messages.
 */
final class ContextTrimmer {
  private final List<Message> messages;
  private final int size;

  /** Tokens that the messages from i on take, system messages not counted; [size + 1]. */
  private final long[] tailTokens;

  /** The earliest message that makes a call answered at i or later, at most i; [size]. */
  private final int[] earliestCall;

  /** Tokens that are left when the frame and the system messages are in. */
  private final long room;

  ContextTrimmer(List<Message> messages, TokenLimit limit, TokenCounter counter) {
    this.messages = List.copyOf(messages);
    this.size = messages.size();
    this.tailTokens = new long[size + 1];
    this.earliestCall = earliestCalls(messages);
    int frame = counter.countMessages(List.of());
    long system = 0;
    for (int i = size - 1; i >= 0; i--) {
      int tokens = counter.countMessages(messages.subList(i, i + 1)) - frame;
      tailTokens[i] = tailTokens[i + 1] + (isSystem(i) ? 0 : tokens);
      system += isSystem(i) ? tokens : 0;
    }
    this.room = limit.value() - frame - system;
  }

  List<Message> trim() {
    if (tailTokens[0] <= room) {
      return messages;
    }
    int turn = firstCut(0, i -> isTurn(i) && tailTokens[i] <= room);
    return turn < size ? keep(turn, turn) : trimLatestTurn();
  }

  /** The latest turn alone is too long: its user's message stays, and the steps that fit. */
  private List<Message> trimLatestTurn() {
    int opening = lastCut(0, this::isTurn);
    long openingTokens = opening < size ? tailTokens[opening] - tailTokens[opening + 1] : 0;
    int steps = opening < size ? opening + 1 : 0;
    int step = firstCut(steps, i -> isStep(i) && tailTokens[i] <= room - openingTokens);
    return keep(opening, step < size ? step : lastCut(steps, this::isStep));
  }

  private List<Message> keep(int opening, int from) {
    var kept = new ArrayList<Message>();
    for (int i = 0; i < size; i++) {
      if (isSystem(i) || i == opening || i >= from) {
        kept.add(messages.get(i));
      }
    }
    return List.copyOf(kept);
  }

  private boolean isSystem(int i) {
    return messages.get(i).role() == Role.SYSTEM;
  }

  private boolean isTurn(int i) {
    return messages.get(i).role() == Role.USER && isStep(i);
  }

  /** Whether a cut before message i, which is no system message, separates no result and call. */
  private boolean isStep(int i) {
    return !isSystem(i) && earliestCall[i] == i;
  }

  /** The first cut from {@code from} on that fits; {@code size} when none does. */
  private int firstCut(int from, IntPredicate fits) {
    return IntStream.range(from, size).filter(fits).findFirst().orElse(size);
  }

  /** The last cut from {@code from} on that fits; {@code size} when none does. */
  private int lastCut(int from, IntPredicate fits) {
    return IntStream.range(from, size).filter(fits).reduce((_, last) -> last).orElse(size);
  }

  private static int[] earliestCalls(List<Message> messages) {
    var callers = new HashMap<String, Integer>();
    int[] earliest = new int[messages.size()];
    for (int i = 0; i < earliest.length; i++) {
      earliest[i] = callerOf(messages.get(i), i, callers);
      for (ToolCall call : messages.get(i).toolCalls()) {
        callers.put(call.id(), i);
      }
    }
    for (int i = earliest.length - 2; i >= 0; i--) {
      earliest[i] = Math.min(earliest[i], earliest[i + 1]);
    }
    return earliest;
  }

  private static int callerOf(Message message, int self, Map<String, Integer> callers) {
    return message.toolCallId().map(id -> callers.getOrDefault(id, self)).orElse(self);
  }
}
