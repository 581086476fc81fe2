package llm.core.context;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.catalogue.Prompts;
import llm.domain.chat.Message;
import llm.domain.port.TokenCounter;
import llm.domain.service.TokenEstimator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("C-4: the context of a conversation")
class ContextTest {
  private static final String TEN_TOKENS = "x".repeat(24); // and 4 around it

  private final Context context = new Context(Message.system("be brief"), new TokenEstimator());

  /** Counts the characters it was shown. */
  static final class Meter implements TokenCounter {
    private final TokenCounter inner = new TokenEstimator();
    final AtomicLong characters = new AtomicLong();

    @Override
    public int countTokens(String text) {
      return inner.countTokens(text);
    }

    @Override
    public int countMessages(List<Message> messages) {
      messages.forEach(message -> characters.addAndGet(message.text().length()));
      return inner.countMessages(messages);
    }

    @Override
    public int estimateCompletionTokens(int promptTokens) {
      return inner.estimateCompletionTokens(promptTokens);
    }
  }

  private void talk(int turns) {
    for (int i = 0; i < turns; i++) {
      context.add(Message.user(TEN_TOKENS));
      context.add(Message.assistant(TEN_TOKENS));
    }
  }

  @Test
  void aMessageIsCountedOnceHoweverLongTheHistoryIs() {
    var meter = new Meter();
    var counted = new Context(Message.system("be brief"), meter);
    for (int i = 0; i < 1_000; i++) {
      counted.add(Message.user("0123456789"));
      counted.promptTokens();
    }

    assertThat(meter.characters).hasValue("be brief".length() + 10_000L);
    assertThat(counted.promptTokens())
        .isEqualTo(new TokenEstimator().countMessages(counted.prompt(0, counted.size())));
  }

  @Test
  void whatGoesOnInTheNextContextIsNotCountedAgain() {
    var meter = new Meter();
    var before = new Context(Message.system("be brief"), meter);
    for (int i = 0; i < 100; i++) {
      before.add(Message.user("question " + i));
    }
    meter.characters.set(0);
    var next = new Context(Message.system("They talked."), meter, before, 40);

    assertThat(meter.characters).hasValue("They talked.".length());
    assertThat(next.messages(0)).isEqualTo(before.messages(40));
    assertThat(next.promptTokens())
        .isEqualTo(new TokenEstimator().countMessages(next.prompt(0, next.size())));
    next.removeLast();
    assertThat(before.size()).isEqualTo(100);
  }

  @Test
  void thePromptOfATurnBeginsWithThatOfTheTurnBefore() {
    var prompts = new ContextPrompts("Be kind.", Optional.of("Answer as JSON."), Prompts.DEFAULTS);
    var stable = new Context(prompts.first("", Ledger.EMPTY), new TokenEstimator());
    List<Message> before = List.of();
    for (int i = 0; i < 20; i++) {
      stable.add(Message.user("question " + i));
      List<Message> prompt = stable.prompt(0, stable.size());
      assertThat(prompt.subList(0, before.size())).isEqualTo(before);
      assertThat(prompt.getFirst().text()).startsWith("Be kind.").contains("Answer as JSON.");
      stable.add(Message.assistant("answer " + i));
      before = List.copyOf(prompt);
    }
  }

  @Test
  void whatDoesNotFitEndsBeforeAUsersMessage() {
    talk(10);
    int all = context.promptTokens();

    assertThat(context.firstThatFits(all)).isZero();
    assertThat(context.firstThatFits(all - 1)).isEqualTo(2);
    assertThat(context.firstThatFits(all - 20)).isEqualTo(2);
    assertThat(context.firstThatFits(all - 21)).isEqualTo(4);
    assertThat(context.firstThatFits(5)).isEqualTo(context.size());
    assertThat(context.correctedTokens(4)).isEqualTo(all - 40);
  }

  @Test
  void thePartToSummariseEndsBeforeAUsersMessageOrWithTheLastOne() {
    talk(10);
    int frame = context.promptTokens() - 200;

    assertThat(context.longestPrefix(context.size(), frame + 200)).isEqualTo(20);
    assertThat(context.longestPrefix(context.size(), frame + 199)).isEqualTo(18);
    assertThat(context.longestPrefix(context.size(), frame + 35)).isEqualTo(2);
    assertThat(context.longestPrefix(context.size(), frame)).isZero();
    assertThat(context.longestPrefix(6, frame + 200)).as("of the first six").isEqualTo(6);
  }

  @Test
  void theProvidersCountCorrectsOursWithinReason() {
    talk(10);
    long ours = context.uncorrectedTokens(0);

    context.calibrate((int) (ours * 3), ours);
    assertThat(context.promptTokens()).isEqualTo((int) ours * 3);
    var next =
        new Context(Message.system("be brief"), new TokenEstimator(), context, context.size());
    next.add(Message.user(TEN_TOKENS));
    assertThat(next.tokensOf(Message.user(TEN_TOKENS))).isEqualTo(30);

    context.calibrate(Integer.MAX_VALUE, ours);
    assertThat(context.promptTokens()).as("eight times at most").isEqualTo((int) ours * 8);
  }

  @Test
  void turnsBeginAtUsersMessages() {
    talk(3);

    assertThat(context.startOfLast(1)).isEqualTo(4);
    assertThat(context.startOfLast(2)).isEqualTo(4);
    assertThat(context.startOfLast(3)).isEqualTo(2);
    assertThat(context.startOfLast(0)).isEqualTo(6);
    assertThat(context.startOfLast(99)).isZero();
    context.removeLast();
    assertThat(context.size()).isEqualTo(5);
  }
}
