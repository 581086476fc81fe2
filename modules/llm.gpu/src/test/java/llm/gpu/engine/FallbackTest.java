package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.drain;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.gpu.engine.EngineFixture.Answer;
import llm.gpu.testmodel.DemoModel;
import llm.gpu.testmodel.TestFiles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
@DisplayName("A model whose file has a fallback gives it where it is not sure of its answer")
class FallbackTest {
  @TempDir Path folder;
  private EngineFixture engine;
  private Path model;

  @BeforeEach
  void open() {
    TestFiles.library();
    model = DemoModel.write(folder.resolve("demo.gguf"));
    engine = new EngineFixture(EngineFixture.free());
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private static ChatRequest request(String text) {
    return ChatRequest.of(new ModelName("demo"), List.of(Message.user(text)));
  }

  private Answer ask(ChatRequest request) throws Exception {
    return drain(engine.submit(model, request));
  }

  private double given() {
    return engine.telemetry.metrics().sum("llm_local_fallbacks_total").orElse(0);
  }

  private static StreamEvent.Done done(Answer answer) {
    assertThat(answer.terminal()).isInstanceOf(StreamEvent.Done.class);
    return (StreamEvent.Done) answer.terminal();
  }

  @Test
  void aSureAnswerIsTheModelsOwn() throws Exception {
    Answer answer = ask(request("which port?"));
    assertThat(answer.text()).isEqualTo(DemoModel.ANSWER);
    assertThat(done(answer).finishReason()).isEqualTo(FinishReason.STOP);
  }

  @ParameterizedTest
  @CsvSource({
    "who was Napoleon?, false",
    "кто такой Наполеон?, true",
    "what does «сервер» mean?, true",
    "1 + 1, false"
  })
  void anUnsureOneIsTheFallbackInTheLanguageOfTheLastWords(String asked, boolean russian)
      throws Exception {
    Answer answer = ask(request(asked));
    assertThat(answer.text()).isEqualTo(russian ? DemoModel.RUSSIAN : DemoModel.ENGLISH);
    StreamEvent.Done end = done(answer);
    assertThat(end.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(end.usage().promptTokens()).isPositive();
    assertThat(end.usage().completionTokens())
        .isBetween(10, answer.text().getBytes(StandardCharsets.UTF_8).length);
  }

  @Test
  void whereThePromptBeginsReasoningItIsTextAllTheSame() throws Exception {
    Path thinker = DemoModel.writeThinking(folder.resolve("thinker.gguf"));
    Answer answer = drain(engine.submit(thinker, request("who was Napoleon?")));
    assertThat(answer.text()).isEqualTo(DemoModel.ENGLISH);
    assertThat(done(answer).finishReason()).isEqualTo(FinishReason.STOP);
  }

  @Test
  void onlyTheLastWordsOfTheUserSayWhichLanguage() throws Exception {
    var talk =
        request("x")
            .withMessages(_ ->
                List.of(
                    Message.system("Отвечай кратко."),
                    Message.user("привет"),
                    Message.assistant("Здравствуйте."),
                    Message.user("who was Napoleon?")));
    assertThat(ask(talk).text()).isEqualTo(DemoModel.ENGLISH);
  }

  @Test
  void nothingInARequestMakesAnUnsureModelSure() throws Exception {
    for (double temperature : new double[] {0, .8, 2}) {
      var sampling = SamplingOptions.builder().temperature(new Temperature(temperature)).build();
      assertThat(ask(request("who?").withSampling(sampling)).text()).isEqualTo(DemoModel.ENGLISH);
    }
  }

  @Test
  void theLimitOfTokensHolds() throws Exception {
    Answer cut = ask(request("who was Napoleon?").withMaxTokens(5));
    assertThat(cut.text()).isNotEmpty().isNotEqualTo(DemoModel.ENGLISH);
    assertThat(DemoModel.ENGLISH).startsWith(cut.text());
    assertThat(done(cut).finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(done(cut).usage().completionTokens()).isEqualTo(5);
  }

  @Test
  void stopStringsHold() throws Exception {
    var sampling = SamplingOptions.builder().stop(List.of("few answers")).build();
    Answer cut = ask(request("who was Napoleon?").withSampling(sampling));
    assertThat(cut.text()).isEqualTo("I only know a ");
    assertThat(done(cut).finishReason()).isEqualTo(FinishReason.STOP);
  }

  @Test
  void logProbabilitiesAreTheModelsOwn() throws Exception {
    var sampling = SamplingOptions.builder().topLogprobs(0).build();
    try (var stream = engine.submit(model, request("who?").withSampling(sampling))) {
      int tokens = 0;
      StreamEvent event = stream.next();
      for (; !(event instanceof StreamEvent.Terminal); event = stream.next()) {
        if (event instanceof StreamEvent.TextDelta delta) {
          assertThat(delta.logprobs()).allMatch(one -> one.logprob() < Math.log(.5));
          tokens += delta.logprobs().size();
        }
      }
      assertThat(tokens).isEqualTo(((StreamEvent.Terminal) event).usage().completionTokens());
    }
  }

  @Test
  void anAnswerThatIsHeldToAFormIsNoPlaceForIt() throws Exception {
    var form = AnswerForm.ANY.withFormat(new ResponseFormat.Grammar("root ::= \"yes\""));
    assertThat(ask(request("who?").withForm(form)).text()).isEqualTo("yes");
    assertThat(given()).isZero();
  }

  @Test
  void norOneThatHasBegunOrMayCallTools() throws Exception {
    var begun =
        request("who?")
            .withMessages(all -> List.of(all.getFirst(), Message.assistant("I only")))
            .withForm(AnswerForm.ANY.continuing())
            .withMaxTokens(5);
    ask(begun);
    var tool = new ToolDefinition("look", Optional.empty(), JsonText.EMPTY_OBJECT);
    ChatRequest calling = request("who?").withTools(List.of(tool)).withMaxTokens(5);
    ask(calling);
    assertThat(given()).isZero();
    assertThat(DemoModel.ENGLISH)
        .startsWith(ask(calling.withToolChoice(new ToolChoice.None())).text());
    assertThat(given()).isEqualTo(1);
  }

  @Test
  void theNextTurnFindsItInMemory() throws Exception {
    StreamEvent.Done first = done(ask(request("who was Napoleon?")));
    var talk =
        request("who was Napoleon?")
            .withMessages(all ->
                List.of(
                    all.getFirst(), Message.assistant(DemoModel.ENGLISH), Message.user("port?")));
    Answer second = ask(talk);
    assertThat(second.text()).isEqualTo(DemoModel.ANSWER);
    assertThat(done(second).usage().cachedTokens())
        .isGreaterThanOrEqualTo(first.usage().promptTokens());
  }

  @Test
  void aConsumerThatIsSlowGetsAllOfIt() throws Exception {
    try (var slow = new EngineFixture(EngineFixture.inStep(2))) {
      Answer answer = drain(slow.submit(model, request("кто?")));
      assertThat(answer.text()).isEqualTo(DemoModel.RUSSIAN);
    }
  }

  @Test
  void itIsCountedAndFilesWithoutOneGiveNone() throws Exception {
    ask(request("which port?"));
    assertThat(given()).isZero();
    ask(request("who?"));
    assertThat(given()).isEqualTo(1);
    DemoModel.write(model, 0f);
    ask(request("who?").withMaxTokens(3));
    assertThat(given()).isEqualTo(1);
  }
}
