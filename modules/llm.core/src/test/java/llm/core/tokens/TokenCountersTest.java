package llm.core.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.model.ModelSpec;
import llm.domain.port.TokenCounter;
import llm.domain.service.TokenEstimator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("D-5: tokens by encoding, by the estimate where it is not known")
class TokenCountersTest {
  private final TokenCounters counters = new TokenCounters();

  @Test
  void countsByTheEncoding() {
    TokenCounter counter = counter("cl100k_base");

    assertThat(counter.countTokens("")).isZero();
    assertThat(counter.countTokens("hello world")).isEqualTo(2);
    assertThat(counter.countTokens("<|endoftext|>")).as("no special token").isGreaterThan(1);
    assertThat(counter("o200k_base").countTokens("Привет, мир")).isLessThan(6);
    assertThat(counter.estimateCompletionTokens(1000)).isEqualTo(500);
  }

  @Test
  void countsTheFrameOfMessagesAsDocumented() {
    TokenCounter counter = counter("cl100k_base");
    // the example of OpenAI's cookbook, 129 tokens for gpt-4
    var example =
        List.of(
            Message.system(
                "You are a helpful, pattern-following assistant that translates corporate jargon"
                    + " into plain English."),
            named("example_user", "New synergies will help drive top-line growth."),
            named("example_assistant", "Things working well together will increase revenue."),
            named(
                "example_user",
                "Let's circle back when we have more bandwidth to touch base on opportunities for"
                    + " increased leverage."),
            named(
                "example_assistant",
                "Let's talk later when we're less busy about how to do better."),
            Message.user(
                "This late pivot means we don't have time to boil the ocean for the client"
                    + " deliverable."));

    assertThat(counter.countMessages(example)).isEqualTo(129);
  }

  @Test
  void countsToolCallsAndTheirResults() {
    TokenCounter counter = counter("o200k_base");
    var call = new ToolCall("c", "f", new JsonText("{\"a\": 1}"));

    int without = counter.countMessages(List.of(Message.assistant("")));
    int with = counter.countMessages(List.of(Message.assistant("", List.of(call))));
    assertThat(with).isGreaterThan(without + 8);
    assertThat(counter.countMessages(List.of(Message.tool("call_1", "x"))))
        .isGreaterThan(counter.countMessages(List.of(Message.tool("c", "x"))));
  }

  @Test
  void estimatesWhereNoEncodingIsKnown() {
    assertThat(counters.forModel(ModelSpec.UNKNOWN_MODEL)).isInstanceOf(TokenEstimator.class);
    assertThat(counters.forModel(spec("p99k"))).isInstanceOf(TokenEstimator.class);
    assertThat(TokenCounters.isKnown("o200k_base")).isTrue();
    assertThat(TokenCounters.isKnown("p99k")).isFalse();
    assertThat(TokenCounters.encodings()).contains("cl100k_base", "o200k_base");
  }

  @Test
  void mayBeUsedByManyThreadsFromTheStart() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Integer> count = () -> counter("r50k_base").countTokens("hello world");
      var counts =
          threads.invokeAll(java.util.Collections.nCopies(16, count)).stream()
              .map(java.util.concurrent.Future::resultNow)
              .distinct()
              .toList();
      assertThat(counts).containsExactly(2);
    }
    assertThat(counters.forModel(spec("r50k_base"))).isSameAs(counters.forModel(spec("r50k_base")));
  }

  private TokenCounter counter(String encoding) {
    return counters.forModel(spec(encoding));
  }

  private static ModelSpec spec(String encoding) {
    return new ModelSpec(10, 5, true, false, false, Optional.empty(), Optional.of(encoding));
  }

  private static Message named(String name, String text) {
    return new Message(Role.SYSTEM, text, List.of(), Optional.empty(), Optional.of(name));
  }
}
