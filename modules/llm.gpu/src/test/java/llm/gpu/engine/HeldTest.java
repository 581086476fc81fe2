package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.drain;
import static llm.gpu.engine.EngineFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import llm.core.gbnf.Gbnf;
import llm.core.template.grammar.HeldReading;
import llm.core.template.grammar.JsonPlaces;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.Temperature;
import llm.gpu.engine.EngineFixture.Answer;
import llm.gpu.grammar.AnswerGrammar;
import llm.gpu.testmodel.ScriptedModel;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
@DisplayName("T-7: answers held to a grammar")
class HeldTest {
  private static final int LETTER_A = 260; // of TinyModel
  private static final String JSON =
      """
      root ::= object
      value ::= object | array | string | number | "true" | "false" | "null"
      object ::= "{" (pair (", " pair){0,2})? "}"
      pair ::= string ": " value
      array ::= "[" (value (", " value){0,2})? "]"
      string ::= "\\"" char{0,6} "\\""
      char ::= [^"\\\\\\x00-\\x1f] | "\\\\" (["\\\\nrt] | "u" [0-9a-f]{4})
      number ::= "-"? ("0" | [1-9] [0-9]{0,8}) ("." [0-9]{1,4})?
      """;

  @TempDir static Path folder;
  private static Path model;
  private static Path chat;
  private static EngineFixture fixture;

  @BeforeAll
  static void open() {
    TestFiles.library();
    model = TinyModel.plain(512).writeTo(folder.resolve("held.gguf"));
    chat = TinyModel.chat(512).writeTo(folder.resolve("chat.gguf"));
    fixture = new EngineFixture(EngineFixture.together(4));
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static ChatRequest held(String grammar, long seed, int maxTokens) {
    return held(request("hello", maxTokens), grammar, hot(seed));
  }

  private static ChatRequest held(ChatRequest asked, String grammar, SamplingOptions sampling) {
    return asked
        .withSampling(sampling)
        .withForm(asked.form().withFormat(new ResponseFormat.Grammar(grammar)));
  }

  private static SamplingOptions hot(long seed) {
    return SamplingOptions.builder()
        .temperature(new Temperature(2))
        .topK(0)
        .topP(1.0)
        .minP(0.0)
        .seed(seed)
        .build();
  }

  private static FinishReason reason(Answer answer) {
    assertThat(answer.terminal()).isInstanceOf(StreamEvent.Done.class);
    return ((StreamEvent.Done) answer.terminal()).finishReason();
  }

  private static LlmError error(Answer answer) {
    assertThat(answer.terminal()).isInstanceOf(StreamEvent.Failed.class);
    return ((StreamEvent.Failed) answer.terminal()).error();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        JSON,
        "root ::= \"yes\" | \"no\"",
        "root ::= [a-z]{3,8}",
        "root ::= ([\u00e0-\u00ff] | [\u4e00-\u9fff] | [\\U0001F600-\\U0001F64F]){1,20}",
        "root ::= (\"a\"? \"a\"?){200}",
        "root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"d\"",
        "root ::= .{0,30}"
      })
  void everyAnswerThatIsNotCutIsOfTheGrammar(String grammar) throws Exception {
    Gbnf gbnf = Gbnf.read(grammar);
    int complete = 0;
    for (int seed = 1; seed <= 30; seed++) {
      Answer answer = drain(fixture.submit(model, held(grammar, seed, 300)));
      if (reason(answer) == FinishReason.STOP) {
        complete++;
        assertThat(gbnf.matches(answer.text()))
            .as("'%s' of %s, seed %d", answer.text(), grammar, seed)
            .isTrue();
      } else {
        assertThat(reason(answer)).isEqualTo(FinishReason.LENGTH);
      }
    }
    assertThat(complete).as("answers that came to their end, of %s", grammar).isPositive();
  }

  @Test
  void theSameSeedGivesTheSameAnswerWhateverIsKnownOfTheGrammar() throws Exception {
    List<String> first = new ArrayList<>();
    List<String> again = new ArrayList<>();
    try (var fresh = new EngineFixture(EngineFixture.free())) {
      for (int seed = 1; seed <= 5; seed++) {
        first.add(drain(fresh.submit(model, held(JSON, seed, 60))).text());
      }
      for (int seed = 1; seed <= 5; seed++) {
        again.add(drain(fresh.submit(model, held(JSON, seed, 60))).text());
      }
    }
    assertThat(again).isEqualTo(first);
    assertThat(Set.copyOf(first)).hasSizeGreaterThan(1);
  }

  @Test
  void anAnswerThatNothingCanFollowEndsByItself() throws Exception {
    Answer answer = drain(fixture.submit(model, held("root ::= \"abc\"", 1, 300)));
    assertThat(answer.text()).isEqualTo("abc");
    assertThat(reason(answer)).isEqualTo(FinishReason.STOP);
    assertThat(answer.terminal().usage().completionTokens()).isEqualTo(3);
  }

  @Test
  void theLastTokenThatMayBeWrittenCompletesAnAnswer() throws Exception {
    assertThat(reason(drain(fixture.submit(model, held("root ::= \"abc\"", 1, 3)))))
        .isEqualTo(FinishReason.STOP);
    assertThat(reason(drain(fixture.submit(model, held("root ::= \"abc\"", 1, 2)))))
        .isEqualTo(FinishReason.LENGTH);
  }

  @Test
  void theLikeliestAllowedTokenIsTakenWithoutTemperatureAndBiasCounts() throws Exception {
    var greedy = EngineFixture.GREEDY;
    var biased = greedy.toBuilder().logitBias(Map.of(LETTER_A + 3, 100.0)).build();
    String grammar = "root ::= [a-f]{8}";
    Answer plain = drain(fixture.submit(model, held(request("x", 20), grammar, greedy)));
    Answer same = drain(fixture.submit(model, held(request("x", 20), grammar, greedy)));
    assertThat(plain).isEqualTo(same);
    assertThat(drain(fixture.submit(model, held(request("x", 20), grammar, biased))).text())
        .isEqualTo("dddddddd");
    var penalised = biased.toBuilder().presencePenalty(2.0).logitBias(Map.of()).build();
    assertThat(drain(fixture.submit(model, held(request("x", 20), grammar, penalised))).text())
        .matches("[a-f]{8}");
  }

  @Test
  void logProbabilitiesAreThoseOfTheModelAndNotOfTheGrammar() throws Exception {
    var sampling = EngineFixture.GREEDY.toBuilder().topLogprobs(3).build();
    List<TokenLogprob> tokens = new ArrayList<>();
    try (var stream =
        fixture.submit(model, held(request("x", 20), "root ::= \"q\" [a-c]", sampling))) {
      StreamEvent event = stream.next();
      for (; !(event instanceof StreamEvent.Terminal); event = stream.next()) {
        if (event instanceof StreamEvent.TextDelta delta) {
          tokens.addAll(delta.logprobs());
        }
      }
    }
    assertThat(tokens).hasSize(2);
    double likeliest = tokens.getFirst().top().getFirst().logprob();
    assertThat(tokens.getFirst().logprob()).isLessThan(likeliest).isGreaterThan(-100);
  }

  @Test
  void aStopStringCutsAndWhatIsNotWholeIsCalledCut() throws Exception {
    var stop = hot(1).toBuilder().stop(List.of("c")).build();
    Answer cut = drain(fixture.submit(model, held(request("x", 20), "root ::= \"abcd\"", stop)));
    assertThat(cut.text()).isEqualTo("ab");
    assertThat(reason(cut)).isEqualTo(FinishReason.LENGTH);
    Answer whole =
        drain(fixture.submit(model, held(request("x", 20), "root ::= \"ab\" \"cd\"?", stop)));
    assertThat(whole.text()).isEqualTo("ab");
    assertThat(reason(whole)).isEqualTo(FinishReason.STOP);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "start ::= \"a\"",
        "root ::= root \"a\" | \"b\"",
        "root ::= (",
        "root ::= ((\"a\"{900}){900}){900}",
        "root ::= x",
        "root ::= \"a\" root"
      })
  void aGrammarThatCannotBeRunIsRefusedAtItsField(String grammar) {
    assertThatExceptionOfType(LlmException.class)
        .isThrownBy(() -> fixture.submit(model, held(grammar, 1, 20)))
        .satisfies(refused -> {
          assertThat(refused.error()).isInstanceOf(LlmError.InvalidRequest.class);
          assertThat(((LlmError.InvalidRequest) refused.error()).path()).hasValue("grammar");
        });
  }

  @Test
  void aGrammarThatTurnsOutTooAmbiguousFailsItsOwnAnswer() throws Exception {
    var wide = new StringBuilder("root ::= ");
    for (int i = 0; i < 60; i++) {
      wide.append(i == 0 ? "" : " | ")
          .append("\"a\" root \"")
          .append((char) ('b' + i % 20))
          .append("\"");
    }
    Answer answer = drain(fixture.submit(model, held(wide + " | \"a\"", 1, 500)));
    if (answer.terminal() instanceof StreamEvent.Failed) {
      assertThat(error(answer).message()).contains("cannot be held to its grammar");
    }
    assertThat(drain(fixture.submit(model, held("root ::= \"b\"", 1, 5))).text()).isEqualTo("b");
  }

  @Test
  void severalAnswersOfSeveralGrammarsAreComputedTogether() throws Exception {
    List<EventStream<StreamEvent>> streams = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      String grammar = i % 3 == 0 ? JSON : "root ::= [a-z]{" + (i + 1) + "}";
      ChatRequest asked = i % 4 == 3 ? request("free", 10) : held(grammar, i, 100);
      streams.add(fixture.submit(model, asked));
    }
    for (int i = 0; i < 12; i++) {
      Answer answer = drain(streams.get(i));
      if (i % 3 != 0 && i % 4 != 3) {
        assertThat(answer.text()).matches("[a-z]{" + (i + 1) + "}");
      } else if (i % 3 == 0 && reason(answer) == FinishReason.STOP) {
        assertThat(Gbnf.read(JSON).matches(answer.text())).isTrue();
      }
    }
  }

  @Test
  void anAnswerThatIsBegunGoesOnWithinTheGrammar() throws Exception {
    var form = request("x", 20).form().withFormat(new ResponseFormat.Grammar("root ::= \"abcd\""));
    ChatRequest begun =
        request("x", 20)
            .withMessages(_ -> List.of(Message.user("x"), Message.assistant("ab")))
            .withForm(form.continuing());
    assertThat(drain(fixture.submit(chat, begun)).text()).isEqualTo("cd");
    ChatRequest wrong = begun.withMessages(_ -> List.of(Message.user("x"), Message.assistant("b")));
    Answer refused = drain(fixture.submit(chat, wrong));
    assertThat(((LlmError.InvalidRequest) error(refused)).path()).hasValue("messages[1].content");
  }

  /** A model that thinks aloud, and what it says by its weights. */
  private static Path thinker(String name, String begun, String script) {
    String template =
        "{#- </think> -#}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
            + "{{ '"
            + begun
            + "<|say:s|>' }}";
    var scripts = Map.of("s", script);
    return new ScriptedModel(template, Optional.empty(), scripts).writeTo(folder.resolve(name));
  }

  private static final String SCRIPT = "\1<think>\1It is no.\1</think>\1\n\nno, says he";

  private record Told(String reasoning, Answer answer) {}

  private static Told tell(Path file, ChatRequest asked) throws LlmException {
    var reasoning = new StringBuilder();
    var text = new StringBuilder();
    try (var stream = fixture.submit(file, asked)) {
      while (true) {
        switch (stream.next()) {
          case StreamEvent.ReasoningDelta delta -> reasoning.append(delta.text());
          case StreamEvent.TextDelta delta -> text.append(delta.text());
          case StreamEvent.Terminal end -> {
            return new Told(reasoning.toString(), new Answer(text.toString(), end));
          }
          case StreamEvent _ -> {}
        }
      }
    }
  }

  @Test
  void reasoningIsFreeAndTheAnswerBehindItIsHeld() throws Exception {
    Path thinker = thinker("thinker.gguf", "", SCRIPT);
    ChatRequest asked = held(request("x", 100), "root ::= \"no\" | \"yes\"", EngineFixture.GREEDY);
    Told told = tell(thinker, asked);
    assertThat(told.reasoning()).isEqualTo("It is no.");
    assertThat(told.answer().text()).isEqualTo("no");
    assertThat(reason(told.answer())).isEqualTo(FinishReason.STOP);
    Told other = tell(thinker, held(asked, "root ::= \"\\xe9t\\xe9\"", EngineFixture.GREEDY));
    assertThat(other.reasoning()).isEqualTo("It is no.");
    assertThat(other.answer().text()).isEqualTo("\u00e9t\u00e9");
  }

  @Test
  void reasoningThatIsCutIsNoAnswer() throws Exception {
    Path thinker = thinker("endless.gguf", "", "\1<think>\1It is");
    ChatRequest asked = held(request("x", 30), "root ::= \"no\"", EngineFixture.GREEDY);
    Told told = tell(thinker, asked);
    assertThat(told.answer().text()).isEmpty();
    assertThat(reason(told.answer()))
        .as("it may not end before the answer")
        .isEqualTo(FinishReason.LENGTH);
  }

  @Test
  void anAnswerIsCheckedOnceMoreAndAWrongOneIsNeverAnAnswer() throws Exception {
    var picky =
        new AnswerGrammar(
            "root ::= \"abc\"",
            Set.of(),
            "response_format",
            new JsonPlaces.Nowhere(),
            new HeldReading.Text(),
            text -> text.equals("abc") ? Optional.of("it is abc") : Optional.empty());
    Answer answer =
        drain(
            fixture.engine.submit(
                request("x", 20), model, fixture.call("picky"), Optional.of(picky)));
    assertThat(error(answer)).isEqualTo(new LlmError.InvalidAnswer("", "it is abc"));
  }

  @Test
  void theLastLookIsTakenAsideAndNeitherByTheEngineNorByWhoReadsTheAnswer() throws Exception {
    var lookers = new CopyOnWriteArrayList<String>();
    var seen =
        AnswerGrammar.ofJson(
            "root ::= \"123\"",
            "response_format",
            _ -> {
              lookers.add(Thread.currentThread().getName());
              return Optional.empty();
            });
    var stream =
        fixture.engine.submit(request("x", 20), model, fixture.call("seen"), Optional.of(seen));
    assertThat(reason(drain(stream))).isEqualTo(FinishReason.STOP);
    assertThat(lookers).hasSize(1).allMatch(name -> name.startsWith("llm-judge-"));
  }

  private static EventStream<StreamEvent> checked(
      EngineFixture engine, Call call, Function<String, Optional<String>> check) throws Exception {
    var grammar = AnswerGrammar.ofJson("root ::= \"123\"", "response_format", check);
    return engine.engine.submit(request("x", 20), model, call, Optional.of(grammar));
  }

  @Test
  void whoIsCancelledDuringTheLastLookWaitsNoLongerForIt() throws Exception {
    var looks = new CountDownLatch(2);
    var mayEnd = new CountDownLatch(1);
    Function<String, Optional<String>> slow =
        _ -> {
          looks.countDown();
          awaitQuietly(mayEnd);
          return Optional.empty();
        };
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var calls = List.of(fixture.call("one"), fixture.call("two"), fixture.call("third"));
      List<Future<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        var stream = checked(fixture, calls.get(i), slow);
        answers.add(threads.submit(() -> drain(stream)));
      }
      looks.await();
      var waits = checked(fixture, calls.get(2), _ -> Optional.of("it is not asked any more"));
      answers.add(threads.submit(() -> drain(waits)));
      calls.get(0).cancel(CancelReason.USER);
      calls.get(2).cancel(CancelReason.USER);

      assertThat(answers.get(0).get().terminal()).isInstanceOf(StreamEvent.Cancelled.class);
      assertThat(answers.get(2).get().terminal()).isInstanceOf(StreamEvent.Cancelled.class);
      assertThat(answers.get(1).isDone()).isFalse();
      mayEnd.countDown();
      assertThat(reason(answers.get(1).get())).isEqualTo(FinishReason.STOP);
    } finally {
      mayEnd.countDown();
    }
  }

  @Test
  void aStreamThatIsClosedDuringTheLastLookEnds() throws Exception {
    var looks = new CountDownLatch(1);
    var mayEnd = new CountDownLatch(1);
    var call = fixture.call("closed");
    var stream =
        checked(
            fixture,
            call,
            _ -> {
              looks.countDown();
              awaitQuietly(mayEnd);
              return Optional.empty();
            });
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var answer = threads.submit(() -> drain(stream));
      looks.await();
      stream.close();
      assertThat(answer.get().terminal()).isInstanceOf(StreamEvent.Cancelled.class);
    } finally {
      mayEnd.countDown();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aLastLookThatBreaksDownFailsItsOwnAnswerAndIsLogged() throws Exception {
    try (var fresh = new EngineFixture(EngineFixture.free())) {
      Answer broken =
          drain(
              checked(
                  fresh,
                  fresh.call("broken"),
                  _ -> {
                    throw new StackOverflowError("of the test");
                  }));
      assertThat(error(broken)).isInstanceOf(LlmError.Internal.class);
      assertThat(fresh.telemetry.events("answer_not_judged")).hasSize(1);
      Answer wrong = drain(checked(fresh, fresh.call("wrong"), _ -> Optional.of("it is 123")));
      assertThat(error(wrong)).isEqualTo(new LlmError.InvalidAnswer("", "it is 123"));
      assertThat(fresh.telemetry.events("generation_judged")).hasSize(2);
      Answer right = drain(checked(fresh, fresh.call("right"), _ -> Optional.empty()));
      assertThat(reason(right)).isEqualTo(FinishReason.STOP);
    }
  }

  @Test
  void jsonThatCanOnlyRepeatANameEndsWithAnError() throws Exception {
    String twice = "root ::= \"{\\\"a\\\":1,\\\"a\\\":2}\"";
    var json = AnswerGrammar.ofJson(twice, "response_format", _ -> Optional.empty());
    Answer answer =
        drain(
            fixture.engine.submit(
                request("x", 30), model, fixture.call("twice"), Optional.of(json)));
    assertThat(answer.text()).startsWith("{\"a\":1").doesNotEndWith("}");
    assertThat(error(answer).message()).contains("a name that its object has already");
    assertThat(drain(fixture.submit(model, held(twice, 1, 30))).text())
        .as("a grammar of the caller's own says what it says")
        .isEqualTo("{\"a\":1,\"a\":2}");
  }

  @Test
  void jsonThatBeginsWithARepeatedNameIsRefused() throws Exception {
    var form = request("x", 20).form().withFormat(new ResponseFormat.JsonObject()).continuing();
    ChatRequest begun =
        request("x", 20)
            .withMessages(_ -> List.of(Message.user("x"), Message.assistant("{\"a\":1,\"a\":")))
            .withForm(form);
    Answer refused = drain(fixture.submit(chat, begun));
    assertThat(((LlmError.InvalidRequest) error(refused)).path()).hasValue("messages[1].content");
  }

  @Test
  void tokensAndMasksAreCounted() throws Exception {
    try (var fresh = new EngineFixture(EngineFixture.free())) {
      drain(fresh.submit(model, held("root ::= [a-z]{20}", 3, 30)));
      String shown = fresh.telemetry.metrics().prometheusText();
      assertThat(shown)
          .contains("llm_local_grammar_tokens_total{choice=\"second\"}")
          .contains("llm_local_grammar_masks_total{source=\"found\"}");
    }
  }
}
