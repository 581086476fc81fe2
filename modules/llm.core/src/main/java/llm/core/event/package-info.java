/**
 * How what happened reaches whoever wants to know: {@link llm.core.event.EventBus} and the
 * subscriber that shows the domain's events in the log.
 */
package llm.core.event;
