/**
 * One exchange with a model: the request and the interaction as entities, and the eight events of
 * their life.
 *
 * <ol>
 *   <li>{@code LlmRequest.create} — LlmRequestCreated
 *   <li>{@code request.validate} — LlmRequestValidated
 *   <li>{@code LlmInteraction.start} — LlmInteractionStarted
 *   <li>{@code interaction.markSent}, once for each try — LlmRequestSent
 *   <li>{@code interaction.responseReceived} at the first stream event — LlmResponseReceived
 *   <li>{@code interaction.responseProcessed} at the last one — LlmResponseProcessed
 *   <li>{@code interaction.complete} or {@code fail} — LlmInteractionCompleted, or
 *       LlmInteractionFailed
 * </ol>
 *
 * After each step the owner publishes what {@code takeEvents()} hands out. Entities belong to the
 * one call, and so to the one thread, that they were made for; events are immutable and go
 * anywhere.
 */
package llm.domain.interaction;
