package llm.domain.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.function.Consumer;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.Usage;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.error.ErrorCode;
import llm.domain.error.LlmError;
import llm.domain.interaction.LlmEvent.LlmInteractionCompleted;
import llm.domain.interaction.LlmEvent.LlmInteractionFailed;
import llm.domain.interaction.LlmEvent.LlmInteractionStarted;
import llm.domain.interaction.LlmEvent.LlmRequestCreated;
import llm.domain.interaction.LlmEvent.LlmRequestSent;
import llm.domain.interaction.LlmEvent.LlmRequestValidated;
import llm.domain.interaction.LlmEvent.LlmResponseProcessed;
import llm.domain.interaction.LlmEvent.LlmResponseReceived;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.model.TokenLimit;
import llm.domain.port.CountingIds;
import llm.domain.port.SettableTime;
import llm.domain.service.TokenEstimator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("D-3, D-4 LlmInteraction and the eight events")
class LlmInteractionTest {
  private static final ModelName MODEL = new ModelName("gpt-4o");
  private static final ModelName OTHER = new ModelName("claude-sonnet-4");
  private static final Usage USAGE = Usage.of(10, 20);
  private static final LlmError ERROR = new LlmError.ProviderFailed("openai", "It broke off.");
  private static final Upstream OPENAI = new Upstream("openai", MODEL, spec(2.5, 10));
  private static final Upstream ANTHROPIC = new Upstream("anthropic", OTHER, spec(3, 15));

  private final SettableTime time = new SettableTime();
  private final LlmRequest request =
      LlmRequest.create(
          ChatRequest.of(MODEL, List.of(Message.user("Hello"))), time, new CountingIds());

  @Test
  void leavesItsLifeBehindAsEightKindsOfEvents() {
    var interaction = start();
    pass(5);
    interaction.markSent(OPENAI);
    pass(120);
    interaction.responseReceived();
    pass(875);
    interaction.responseProcessed(FinishReason.STOP, USAGE);
    interaction.complete();
    var id = new LlmRequestId(new UUID(0, 1));
    var end = SettableTime.START.plusSeconds(1);
    var cost = OptionalDouble.of((10 * 2.5 + 20 * 10.0) / 1_000_000);
    assertThat(interaction.takeEvents())
        .containsExactly(
            new LlmRequestCreated(uuid(2), at(0), id, MODEL, 1, 0),
            new LlmRequestValidated(uuid(3), at(0), id, MODEL, 9, new TokenLimit(500)),
            new LlmInteractionStarted(uuid(4), at(0), id, MODEL),
            new LlmRequestSent(uuid(5), at(5), id, "openai", MODEL, 1),
            new LlmResponseReceived(uuid(6), at(125), id, "openai", MODEL, 1, 120.0),
            new LlmResponseProcessed(uuid(7), end, id, MODEL, FinishReason.STOP, USAGE),
            new LlmInteractionCompleted(uuid(8), end, id, MODEL, 1_000.0, 30, cost));
    assertThat(interaction.takeEvents()).isEmpty();
    assertThat(request.takeEvents()).isEmpty();
  }

  @Test
  void aRequestForVectorsIsCreatedWithItsInputsAndNotValidated() {
    var request = EmbeddingRequest.of(MODEL, "a", "b");
    var interaction = LlmInteraction.start(request, time, new CountingIds());
    var id = new LlmRequestId(new UUID(0, 1));
    assertThat(interaction.id()).isEqualTo(id);
    assertThat(interaction.takeEvents())
        .containsExactly(
            new LlmRequestCreated(uuid(2), at(0), id, MODEL, 2, 0),
            new LlmInteractionStarted(uuid(3), at(0), id, MODEL));
    interaction.fail(ERROR, Usage.NONE);
    assertThat(interaction.takeEvents()).hasSize(1);
  }

  @Test
  void saysWhyItFailed() {
    var interaction = start();
    interaction.takeEvents();
    pass(250);
    interaction.fail(ERROR, Usage.of(10, 3));
    assertThat(interaction.takeEvents())
        .containsExactly(
            new LlmInteractionFailed(
                uuid(5),
                at(250),
                request.id(),
                MODEL,
                250.0,
                13,
                ErrorCode.PROVIDER_FAILED,
                "It broke off."));
    assertThat(interaction.tokensUsed()).isEqualTo(13);
    assertThat(interaction.cost()).isEmpty();
  }

  @Test
  void countsACancelledCallAsFailed() {
    var interaction = start();
    interaction.fail(new LlmError.Cancelled(CancelReason.USER), Usage.NONE);
    assertThat(interaction.status()).isEqualTo(InteractionStatus.FAILED);
    assertThat(interaction.takeEvents().getLast())
        .isInstanceOfSatisfying(
            LlmInteractionFailed.class,
            event -> assertThat(event.code()).isEqualTo(ErrorCode.CANCELLED));
  }

  @Test
  void hasRecordsForEightEventsAndNoMore() {
    assertThat(LlmEvent.class.getPermittedSubclasses())
        .hasSize(8)
        .allMatch(Class::isRecord)
        .allMatch(kind ->
            Arrays.stream(kind.getRecordComponents())
                .limit(3)
                .map(part -> part.getName())
                .toList()
                .equals(List.of("eventId", "occurredAt", "requestId")));
  }

  @Test
  void isSentAgainForARetryAndForAFailoverInMidStream() {
    var interaction = start();
    interaction.markSent(OPENAI);
    pass(100);
    interaction.markSent(OPENAI);
    interaction.responseReceived();
    pass(100);
    interaction.markSent(ANTHROPIC);
    pass(40);
    interaction.responseReceived();
    interaction.responseProcessed(FinishReason.STOP, Usage.of(1_000_000, 0));
    interaction.complete();
    var events = interaction.takeEvents();
    assertThat(events)
        .filteredOn(LlmRequestSent.class::isInstance)
        .extracting(event -> ((LlmRequestSent) event).attempt())
        .containsExactly(1, 2, 3);
    assertThat(events)
        .filteredOn(LlmResponseReceived.class::isInstance)
        .extracting(event -> ((LlmResponseReceived) event).waitedMs())
        .containsExactly(0.0, 40.0);
    assertThat(events.getLast())
        .isInstanceOfSatisfying(
            LlmInteractionCompleted.class, event -> assertThat(event.model()).isEqualTo(OTHER));
    assertThat(interaction.cost().orElseThrow()).isCloseTo(3.0, within(1e-9));
  }

  @Test
  void measuresUntilItEndsAndNoLonger() {
    var interaction = start();
    pass(30);
    assertThat(interaction.durationMs()).isEqualTo(30.0);
    interaction.fail(ERROR, Usage.NONE);
    pass(1_000);
    assertThat(interaction.durationMs()).isEqualTo(30.0);
  }

  @Test
  void knowsNoCostOfAModelWithoutPrice() {
    var interaction = start();
    interaction.markSent(new Upstream("local", MODEL, ModelSpec.UNKNOWN_MODEL));
    assertThat(interaction.cost()).isEmpty();
  }

  @Test
  void startsFromAValidatedRequestOnly() {
    assertThatIllegalStateException()
        .isThrownBy(() -> LlmInteraction.start(request))
        .withMessage("an interaction starts from a request that is VALIDATED, this one is CREATED");
    start();
    assertThatIllegalStateException()
        .isThrownBy(() -> LlmInteraction.start(request))
        .withMessage("an interaction starts from a request that is VALIDATED, this one is STARTED");
  }

  /** Tries every step in every status; the table is the one in the enum's documentation. */
  @ParameterizedTest
  @EnumSource
  void takesLegalStepsAndRefusesTheRest(InteractionStatus from) {
    var legal =
        Map.of(
                InteractionStatus.STARTED, "SENT FAILED",
                InteractionStatus.SENT, "SENT RECEIVING FAILED",
                InteractionStatus.RECEIVING, "SENT PROCESSED FAILED",
                InteractionStatus.PROCESSED, "COMPLETED FAILED",
                InteractionStatus.COMPLETED, "",
                InteractionStatus.FAILED, "")
            .get(from);
    Map<String, Consumer<LlmInteraction>> steps =
        Map.of(
            "SENT", interaction -> interaction.markSent(OPENAI),
            "RECEIVING", LlmInteraction::responseReceived,
            "PROCESSED", interaction -> interaction.responseProcessed(FinishReason.STOP, USAGE),
            "COMPLETED", LlmInteraction::complete,
            "FAILED", interaction -> interaction.fail(ERROR, USAGE));
    steps.forEach((to, step) -> {
      var interaction = at(from);
      interaction.takeEvents();
      if (List.of(legal.split(" ")).contains(to)) {
        step.accept(interaction);
        assertThat(interaction.status()).hasToString(to);
        assertThat(interaction.takeEvents()).hasSize(1);
      } else {
        assertThatIllegalStateException()
            .isThrownBy(() -> step.accept(interaction))
            .withMessage(
                "an interaction that is %s cannot become %s, %s",
                from,
                to,
                legal.isEmpty()
                    ? "it has ended"
                    : "only one of [" + legal.replace(" ", ", ") + "]");
        assertThat(interaction.status()).isEqualTo(from);
        assertThat(interaction.takeEvents()).isEmpty();
      }
    });
  }

  @Test
  void isEqualById() {
    var interaction = start();
    assertThat(interaction)
        .isEqualTo(at(InteractionStatus.SENT))
        .hasSameHashCodeAs(at(InteractionStatus.SENT))
        .isNotEqualTo(request)
        .hasToString("llm-req-00000000-0000-0000-0000-000000000001 STARTED");
    var other = LlmRequest.create(request.chat(), time, () -> new UUID(1, 1));
    other.validate(OPENAI.spec(), new TokenEstimator());
    assertThat(interaction).isNotEqualTo(LlmInteraction.start(other));
  }

  private LlmInteraction start() {
    request.validate(OPENAI.spec(), new TokenEstimator());
    return LlmInteraction.start(request);
  }

  /** A fresh interaction, brought to {@code status}. */
  private LlmInteraction at(InteractionStatus status) {
    var fresh = LlmRequest.create(request.chat(), time, new CountingIds());
    fresh.validate(OPENAI.spec(), new TokenEstimator());
    var interaction = LlmInteraction.start(fresh);
    List<Runnable> steps =
        List.of(
            () -> interaction.markSent(OPENAI),
            interaction::responseReceived,
            () -> interaction.responseProcessed(FinishReason.STOP, USAGE),
            interaction::complete);
    if (status == InteractionStatus.FAILED) {
      interaction.fail(ERROR, USAGE);
    } else {
      steps.subList(0, status.ordinal()).forEach(Runnable::run);
    }
    return interaction;
  }

  private void pass(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  private static Instant at(long millis) {
    return SettableTime.START.plusMillis(millis);
  }

  private static UUID uuid(long number) {
    return new UUID(0, number);
  }

  private static ModelSpec spec(double inputPrice, double outputPrice) {
    return new ModelSpec(
        8_000,
        500,
        true,
        false,
        false,
        Optional.of(new ModelSpec.Price(inputPrice, outputPrice)),
        Optional.empty());
  }
}
