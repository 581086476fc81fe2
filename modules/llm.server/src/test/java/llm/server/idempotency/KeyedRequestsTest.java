package llm.server.idempotency;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import llm.core.idempotency.IdempotencySettings;
import llm.domain.call.CancelReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** One key, one answer; over real sockets. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class KeyedRequestsTest {
  private static final String STREAM = "/v1/stream";
  private static final String WHOLE = "/v1/whole";
  private static final IdempotencySettings D = IdempotencySettings.DEFAULTS;

  private static String outcome(HttpResponse<String> answer) {
    return answer.headers().firstValue("x-llm-idempotency").orElse("");
  }

  @Test
  void whoComesInMidStreamGetsTheSameBytesFromTheFirstOn() throws Exception {
    try (var rig = new Rig()) {
      var first = rig.send(STREAM, "k", "{}");
      rig.say("one");
      rig.awaitOutcome("first", 1);
      var second = rig.send(STREAM, "\"k\"", " { } "); // the same key, the same request
      rig.awaitOutcome("attached", 1);
      rig.say("two");
      rig.end();
      var told = first.get(20, TimeUnit.SECONDS);
      assertThat(told.body()).contains(" one\n\n", " two\n\n").endsWith("data: [DONE]\n\n");
      assertThat(second.get(20, TimeUnit.SECONDS).body()).isEqualTo(told.body());
      var third = rig.post(STREAM, "k", "{}");
      assertThat(third.body()).isEqualTo(told.body());
      assertThat(List.of(outcome(told), outcome(second.get()), outcome(third)))
          .containsExactly("first", "attached", "replayed");
      assertThat(third.headers().firstValue("content-type"))
          .isEqualTo(told.headers().firstValue("content-type"));
      assertThat(third.headers().firstValue("idempotency-expires")).isPresent();
      assertThat(rig.asked).hasValue(1);
    }
  }

  @Test
  void manyAtOnceAreOneGeneration() throws Exception {
    try (var rig = new Rig()) {
      int many = 100;
      List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < many; i++) {
        answers.add(rig.send(STREAM, "k", "{\"n\":1}"));
      }
      rig.say("one");
      rig.awaitOutcome("attached", many - 1);
      rig.say("two");
      rig.end();
      String told = answers.getFirst().get(20, TimeUnit.SECONDS).body();
      for (var answer : answers) {
        assertThat(answer.get(20, TimeUnit.SECONDS).body()).isEqualTo(told);
      }
      assertThat(rig.asked).hasValue(1);
    }
  }

  @Test
  void aWholeAnswerIsGivenAgainWithItsHeaders() throws Exception {
    try (var rig = new Rig()) {
      var first = rig.send(WHOLE, "k", "{\"a\":1,\"b\":2}");
      rig.say("one");
      rig.end();
      String told = first.get(20, TimeUnit.SECONDS).body();
      var again = rig.post(WHOLE, "k", "{\"b\":2, \"a\":1}");
      assertThat(again.body()).isEqualTo(told);
      assertThat(again.headers().firstValue("x-llm-lost")).contains("a, b");
      assertThat(again.headers().firstValue("x-request-id"))
          .isPresent()
          .isNotEqualTo(first.get().headers().firstValue("x-request-id"));
      assertThat(rig.server.accessLines(2)) // each is written when its answer was sent
          .extracting(line -> line.fields().get("idempotency"))
          .containsExactlyInAnyOrder("first", "replayed");
    }
  }

  @Test
  void theGenerationGoesOnWhenItsClientHasLeft() throws Exception {
    try (var rig = new Rig()) {
      try (Socket leaves = rig.raw(STREAM, "k", "{}")) {
        rig.say("one");
        Rig.readUntil(leaves, " one");
      }
      Rig.await(() -> rig.clock.alarmCount() == 1, "the client's leaving");
      var back = rig.send(STREAM, "k", "{}");
      rig.awaitOutcome("attached", 1);
      rig.clock.advance(D.detached().multipliedBy(2)); // somebody is there
      rig.say("two");
      rig.end();
      assertThat(back.get(20, TimeUnit.SECONDS).body()).contains(" one\n", " two\n", "[DONE]");
      assertThat(rig.asked).hasValue(1);
    }
  }

  @Test
  void aGenerationForWhichNobodyComesBackIsCancelledAndTheKeyIsFree() throws Exception {
    try (var rig = new Rig()) {
      try (Socket leaves = rig.raw(STREAM, "k", "{}")) {
        rig.say("one");
        Rig.readUntil(leaves, " one");
      }
      Rig.await(() -> rig.clock.alarmCount() == 1, "the client's leaving");
      rig.clock.advance(D.detached());
      assertThat(rig.cancelled.get(20, TimeUnit.SECONDS)).isEqualTo(CancelReason.CLIENT_GONE);
      Rig.await(
          () -> rig.telemetry.metrics().sum("llm_idempotency_running").orElse(1) == 0, "its end");
      var anew = rig.send(STREAM, "k", "{}");
      rig.say("new");
      rig.end();
      assertThat(anew.get(20, TimeUnit.SECONDS).body()).contains(" new\n").doesNotContain("one");
      assertThat(rig.asked).hasValue(2);
    }
  }

  @Test
  void aFailureIsToldToThoseWhoWaitAndTheNextBeginsAnew() throws Exception {
    try (var rig = new Rig()) {
      var first = rig.send(STREAM, "k", "{}");
      rig.say("one");
      rig.awaitOutcome("first", 1);
      var second = rig.send(STREAM, "k", "{}");
      rig.awaitOutcome("attached", 1);
      rig.say(new StreamEvent.Failed(new LlmError.ProviderFailed("p", "It broke."), Usage.NONE));
      assertThat(first.get(20, TimeUnit.SECONDS).body()).endsWith("data: {\"error\":{}}\n\n");
      assertThat(second.get(20, TimeUnit.SECONDS).body()).isEqualTo(first.get().body());
      var anew = rig.send(STREAM, "k", "{}");
      rig.say("better");
      rig.end();
      assertThat(anew.get(20, TimeUnit.SECONDS).body()).contains(" better\n", "[DONE]");
      assertThat(outcome(anew.get())).isEqualTo("first");
    }
  }

  @Test
  void aRefusalIsNoAnswerToKeep() throws Exception {
    try (var rig = new Rig()) {
      rig.say(new StreamEvent.Failed(new LlmError.ProviderFailed("p", "It broke."), Usage.NONE));
      var refused = rig.post(STREAM, "k", "{}");
      assertThat(refused.statusCode()).isEqualTo(502);
      assertThat(refused.body()).contains("provider_failed");
      rig.say("now");
      rig.end();
      assertThat(rig.post(STREAM, "k", "{\"other\":1}").body()).contains(" now\n");
    }
  }

  @Test
  void anotherRequestWithTheKeyIsRefusedInItsDialect() throws Exception {
    try (var rig = new Rig()) {
      rig.say("one");
      rig.end();
      rig.post(WHOLE, "k", "{\"a\":1}");
      for (var other : List.of(rig.post(WHOLE, "k", "{\"a\":2}"), rig.post(STREAM, "k", "{}"))) {
        assertThat(other.statusCode()).isEqualTo(422);
        assertThat(other.body())
            .contains("\"code\":\"idempotency_key_reused\"", "POST /v1/whole")
            .doesNotContain("\"a\"");
      }
      assertThat(rig.asked).hasValue(1);
    }
  }

  @Test
  void aKeyIsItsOwnersAlone() throws Exception {
    try (var rig = new Rig()) {
      rig.say("mine");
      rig.end();
      rig.post(WHOLE, "k", "{}");
      rig.say("yours");
      rig.end();
      var other = rig.post(WHOLE, "k", "{}", "x-api-key", "two");
      assertThat(other.body()).contains("yours");
      assertThat(outcome(other)).isEqualTo("first");
    }
  }

  @Test
  void aKeyStandsForItsAnswerUntilItsTimeIsOver() throws Exception {
    try (var rig = new Rig()) {
      rig.say("old");
      rig.end();
      rig.post(WHOLE, "k", "{}");
      rig.clock.advance(D.life().minus(Duration.ofMillis(1)));
      assertThat(outcome(rig.post(WHOLE, "k", "{}"))).isEqualTo("replayed");
      rig.clock.advance(Duration.ofMillis(1));
      rig.say("new");
      rig.end();
      assertThat(rig.post(WHOLE, "k", "{\"other\":1}").body()).contains("new");
    }
  }

  @Test
  void anAnswerThatIsTooLongIsGivenOnceAndSaysSo() throws Exception {
    var small = new IdempotencySettings(D.life(), D.detached(), 1_024, 1 << 20, 10, 1 << 20);
    try (var rig = new Rig(small)) {
      rig.say("x".repeat(2_000));
      rig.end();
      var first = rig.post(WHOLE, "k", "{}");
      assertThat(first.body()).contains("x".repeat(2_000));
      assertThat(outcome(first)).isEqualTo("not_kept");
      for (int i = 0; i < 5; i++) {
        rig.say("y".repeat(500));
      }
      rig.end();
      var stream = rig.post(STREAM, "k", "{}");
      assertThat(stream.body()).contains("y".repeat(500)).endsWith("[DONE]\n\n");
      assertThat(rig.outcome("not_kept")).isEqualTo(2);
      assertThat(rig.telemetry.metrics().sum("llm_idempotency_bytes").orElse(-1)).isZero();
    }
  }

  @Test
  void theOldestOfAnOwnersAnswersGoFirst() throws Exception {
    var two = new IdempotencySettings(D.life(), D.detached(), 1_024, 1 << 20, 2, 1 << 20);
    try (var rig = new Rig(two)) {
      for (String key : List.of("a", "b", "c")) {
        rig.say(key);
        rig.end();
        rig.post(WHOLE, key, "{}");
      }
      assertThat(outcome(rig.post(WHOLE, "b", "{}"))).isEqualTo("replayed");
      assertThat(outcome(rig.post(WHOLE, "c", "{}"))).isEqualTo("replayed");
      rig.say("again");
      rig.end();
      assertThat(outcome(rig.post(WHOLE, "a", "{}"))).isEqualTo("first");
    }
  }

  @Test
  void whatIsNoKeyIsRefused() throws Exception {
    try (var rig = new Rig()) {
      for (String key : List.of("\"", "\"\"", "a b", "\"a\" b", "\"a\\b\"", "a\tb")) {
        var refused = rig.post(WHOLE, key, "{}");
        assertThat(refused.statusCode()).as(key).isEqualTo(400);
        assertThat(refused.body()).contains("\"param\":\"Idempotency-Key\"", "invalid_request");
      }
      var tooLong = rig.post(WHOLE, "k".repeat(256), "{}");
      assertThat(tooLong.body()).contains("has 256 characters; it must have 1 to 255");
      assertThat(rig.asked).hasValue(0);
    }
  }

  @Test
  void aShutdownWaitsForThemAndCancelsTheGenerationAlone() throws Exception {
    try (var rig = new Rig()) {
      var first = rig.send(STREAM, "k", "{}");
      rig.say("one");
      rig.awaitOutcome("first", 1);
      Rig.await(() -> rig.asked.get() == 1, "the generation");
      rig.server.admission.drain();
      assertThat(rig.server.admission.active()).isEqualTo(2); // the generation and who waits
      assertThat(rig.post(STREAM, "k", "{}").statusCode()).isEqualTo(503);
      rig.server.admission.cancelAll(CancelReason.SHUTDOWN);
      assertThat(first.get(20, TimeUnit.SECONDS).body()).endsWith("data: {\"error\":{}}\n\n");
      assertThat(rig.server.admission.awaitIdle(Duration.ofSeconds(20))).isTrue();
    }
  }

  @Test
  void answersThatAreMadeShareABoundAndGiveItBack() throws Exception {
    var narrow = new IdempotencySettings(D.life(), D.detached(), 1 << 20, 1 << 20, 10, 4_096);
    try (var rig = new Rig(narrow)) {
      var held = rig.send(STREAM, "held", "{}");
      rig.say("x".repeat(3_000));
      Rig.await(() -> bytesRunning(rig) > 3_000, "the bytes of the first");
      try (Socket beside = rig.raw(STREAM, "beside", "{}")) {
        Rig.await(() -> rig.asked.get() == 2, "the second generation");
        // Either takes what is said: between them they find no room for all of it.
        for (int i = 0; i < 4; i++) {
          rig.say("y".repeat(2_000));
        }
        Rig.await(rig::hasSaidAll, "all to be taken");
        assertThat(bytesRunning(rig)).isLessThanOrEqualTo(4_096);
        rig.end();
        rig.end();
        Rig.readUntil(beside, "[DONE]");
      }
      assertThat(held.get(20, TimeUnit.SECONDS).body()).contains("[DONE]");
      Rig.await(() -> bytesRunning(rig) == 0, "the room");
      assertThat(rig.outcome("not_kept")).isPositive();
      rig.say("small");
      rig.end();
      assertThat(rig.post(STREAM, "after", "{}").body()).contains(" small\n");
      assertThat(outcome(rig.post(STREAM, "after", "{}"))).isEqualTo("replayed");
    }
  }

  private static double bytesRunning(Rig rig) {
    return rig.telemetry.metrics().sum("llm_idempotency_running_bytes").orElse(-1);
  }
}
