/**
 * Distributed tracing (O-3): what decides whether a trace is recorded, what records spans, and the
 * way of ended spans to a collector by OTLP/HTTP in JSON. It opens no socket: who carries a batch
 * is given as a {@link llm.core.trace.Collector}.
 */
package llm.core.trace;
