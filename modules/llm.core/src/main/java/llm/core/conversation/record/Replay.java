package llm.core.conversation.record;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.context.Ledger;
import llm.domain.chat.Message;

/**
 * What the records of a conversation come to.
 *
 * @param created the first of them
 * @param summary what the context begins with
 * @param ledger what must not be forgotten, as the context begins with it
 * @param noted what was noted since, as it came
 * @param counted the newest prompt whose tokens a provider told
 * @param messages told word by word
 * @param ends of all turns
 * @param latest the turn begun last; null before the first
 */
public record Replay(
    ConversationRecord.Created created,
    String summary,
    Ledger ledger,
    List<List<Ledger.Entry>> noted,
    List<Message> messages,
    Optional<Counted> counted,
    Map<String, TurnEnd> ends,
    String latest) {

  /**
   * A prompt that was answered: what its context began with, and its messages; but for what had no
   * room, which is not recorded.
   *
   * @param promptTokens the provider's count
   */
  public record Counted(String summary, Ledger ledger, List<Message> messages, int promptTokens) {
    /** Copies the list. */
    public Counted {
      messages = List.copyOf(messages);
    }
  }

  /**
   * Goes through the records.
   *
   * @param records all of a conversation's, in order
   * @return empty when they do not begin as a conversation does
   */
  public static Optional<Replay> of(List<ConversationRecord> records) {
    if (records.isEmpty() || !(records.getFirst() instanceof ConversationRecord.Created created)) {
      return Optional.empty();
    }
    var walk = new Walk();
    records.forEach(walk::take);
    walk.takeBackOpenTurn(); // its answer was not there when the process ended
    return Optional.of(
        new Replay(
            created,
            walk.summary,
            walk.ledger,
            walk.noted,
            walk.messages,
            walk.counted(),
            walk.ends,
            walk.latest));
  }

  private static final class Walk {
    private String summary = "";
    private Ledger ledger = Ledger.EMPTY;
    private final List<List<Ledger.Entry>> noted = new ArrayList<>();
    private List<Message> messages = new ArrayList<>();
    private int countedTokens; // 0: none was counted
    private int countedMessages; // of the context at hand; they stand below
    private Optional<Counted> countedBefore = Optional.empty(); // in an earlier context
    private final Map<String, TurnEnd> ends = new LinkedHashMap<>();
    private String latest;
    private boolean open;

    private void take(ConversationRecord record) {
      switch (record) {
        case ConversationRecord.Created _ -> {
          // told by the replay itself
        }
        case ConversationRecord.Asked(String turn, String text, Instant _) -> {
          takeBackOpenTurn();
          takeBack(turn);
          messages.add(Message.user(text));
          latest = turn;
          open = true;
        }
        case ConversationRecord.Answered(
                String turn,
                String text,
                var finish,
                var usage,
                var _) -> {
          if (finish.isPresent() && usage.promptTokens() > 0) { // else it may be a guess
            countedTokens = usage.promptTokens();
            countedMessages = messages.size();
          }
          messages.add(Message.assistant(text));
          end(turn, finish.isPresent() ? TurnEnd.ANSWERED : TurnEnd.INTERRUPTED);
        }
        case ConversationRecord.Unanswered(String turn, String _, Instant _) -> {
          takeBack(turn);
          end(turn, TurnEnd.UNANSWERED);
        }
        case ConversationRecord.HandedOver(String text, Ledger all, int kept, Instant _) -> {
          takeBackOpenTurn();
          countedBefore = counted();
          countedTokens = 0;
          summary = text;
          ledger = all;
          noted.clear();
          int from = Math.max(0, messages.size() - kept);
          messages = new ArrayList<>(messages.subList(from, messages.size()));
        }
        case ConversationRecord.Noted(List<Ledger.Entry> entries, Instant _) -> noted.add(entries);
      }
    }

    private Optional<Counted> counted() {
      return countedTokens > 0 && countedMessages <= messages.size()
          ? Optional.of(
              new Counted(summary, ledger, messages.subList(0, countedMessages), countedTokens))
          : countedBefore;
    }

    /** The turn's messages are told no more: its question, and the part of an answer behind it. */
    private void takeBack(String turn) {
      boolean last = turn.equals(latest);
      int told = !last ? 0 : open ? 1 : ends.get(turn) == TurnEnd.INTERRUPTED ? 2 : 0;
      for (int i = 0; i < told && !messages.isEmpty(); i++) {
        messages.removeLast();
      }
    }

    private void takeBackOpenTurn() {
      if (open && !messages.isEmpty()) {
        messages.removeLast();
        end(latest, TurnEnd.UNANSWERED);
      }
    }

    private void end(String turn, TurnEnd how) {
      ends.remove(turn);
      ends.put(turn, how);
      open = false;
    }
  }
}
