package llm.domain.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.model.TokenLimit;
import llm.domain.port.TokenCounter;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Conversations are written as words: {@code s1} a system message, {@code u1} a user's, {@code a1}
 * an answer, {@code c1} a call, {@code r1} its result. Each takes 10 tokens, {@code U1} 100, and
 * the prompt's frame 5.
 */
@DisplayName("D-5 optimizeContext")
class OptimizeContextTest {
  private final RequestBuilder builder =
      new RequestBuilder(new ModelName("mock"), ModelSpec.UNKNOWN_MODEL);

  @ParameterizedTest
  @CsvSource({
    // what fits stays as it is
    "s1 u1 a1 u2, 45, s1 u1 a1 u2",
    "'', 1, ''",
    "a1 u1, 25, a1 u1",
    // oldest turns go first, as a whole
    "s1 u1 a1 u2, 44, s1 u2",
    "u1 a1 u2 a2 u3, 35, u2 a2 u3",
    "u1 a1 u2 a2 u3, 34, u3",
    "a1 u1 a2 u2, 30, u2",
    "U1 a1 u2 a2, 25, u2 a2",
    // system messages stay where they are
    "s1 u1 a1 s2 u2 a2, 45, s1 s2 u2 a2",
    "s1 u1 s2, 25, s1 u1 s2",
    // of a turn that is too long its oldest steps go, never a result without its call
    "u1 c1 r1 c2 r2 c3 r3, 55, u1 c2 r2 c3 r3",
    "u1 c1 r1 c2 r2 c3 r3, 54, u1 c3 r3",
    "u0 a0 u1 c1 r1 c2 r2, 35, u1 c2 r2",
    "u1 c1 c2 r1 r2 a1, 25, u1 a1",
    "u1 c1 c2 r1 r2, 45, u1 c1 c2 r1 r2",
    "u1 c1 u2 r1 u3, 15, u3",
    "u1 c1 u2 r1 u3, 45, u3",
    "u1 c1 u2 r1, 44, u1 c1 u2 r1",
    // what must stay stays though it is too much
    "s1 u1 a1 u2, 1, s1 u2",
    "u1 c1 r1 c2 r2, 1, u1 c2 r2",
    "s1 s2, 1, s1 s2",
    // a conversation without a user
    "a1 a2 a3, 25, a2 a3",
    "c1 r1 c2 r2, 1, c2 r2",
    // a result without a call stands for itself
    "r9 u1 a1, 25, u1 a1",
    // an id that is used twice means the later call
    "u1 c1 r1 u2 c1 r1, 35, u2 c1 r1"
  })
  void keepsSystemMessagesAndTheLatestTurns(String messages, int limit, String kept) {
    assertThat(write(trim(read(messages), limit))).isEqualTo(kept);
  }

  @Test
  void givesWhatAnyCounterCallsShortEnough() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      var messages = randomConversation(random);
      int limit = 5 + random.nextInt(200);
      var kept = trim(messages, limit);
      String story = "seed " + seed + ": " + write(messages) + " to " + limit + " = " + write(kept);
      assertThat(messages).as(story).containsSubsequence(kept);
      assertThat(kept)
          .as(story)
          .containsAll(messages.stream().filter(m -> m.role() == Role.SYSTEM).toList());
      assertThat(isWhole(kept)).as(story).isTrue();
    }
  }

  private List<Message> trim(List<Message> messages, int limit) {
    return builder.optimizeContext(messages, new TokenLimit(limit), new TenPerMessage());
  }

  private static List<Message> randomConversation(Random random) {
    var words = new ArrayList<String>();
    for (int i = 0; i < random.nextInt(12); i++) {
      switch (random.nextInt(5)) {
        case 0 -> words.add("s" + i);
        case 1 -> words.add("u" + i);
        case 2 -> words.add("a" + i);
        case 3 -> words.addAll(List.of("c" + i, "r" + i));
        default -> words.addAll(List.of("c" + i, "c9" + i, "r9" + i, "r" + i));
      }
    }
    return read(String.join(" ", words));
  }

  /** Whether each call has its result and each result its call. */
  private static boolean isWhole(List<Message> messages) {
    var calls = new HashSet<String>();
    var results = new HashSet<String>();
    for (Message message : messages) {
      message.toolCalls().forEach(call -> calls.add(call.id()));
      message.toolCallId().ifPresent(results::add);
    }
    return calls.equals(results);
  }

  private static List<Message> read(String words) {
    return Arrays.stream(words.split(" "))
        .filter(word -> !word.isEmpty())
        .map(OptimizeContextTest::message)
        .toList();
  }

  private static Message message(String word) {
    String number = word.substring(1);
    return switch (word.charAt(0)) {
      case 's' -> Message.system(word);
      case 'u', 'U' -> Message.user(word);
      case 'a' -> Message.assistant(word);
      case 'c' ->
          Message.assistant(word, List.of(new ToolCall(number, "read", JsonText.EMPTY_OBJECT)));
      default -> Message.tool(number, word);
    };
  }

  private static String write(List<Message> messages) {
    return messages.stream().map(Message::text).collect(Collectors.joining(" "));
  }

  private static final class TenPerMessage implements TokenCounter {
    @Override
    public int countTokens(String text) {
      return text.startsWith("U") ? 100 : 10;
    }

    @Override
    public int countMessages(List<Message> messages) {
      return 5 + messages.stream().mapToInt(message -> countTokens(message.text())).sum();
    }

    @Override
    public int estimateCompletionTokens(int promptTokens) {
      return promptTokens;
    }
  }
}
