/**
 * Anthropic's Messages from the side of its client: requests written, answers read. No I/O. What a
 * request asks and the dialect has no words for is refused by its path; events, blocks and deltas
 * that are not known are passed over, as the API's versioning asks
 * (https://docs.anthropic.com/en/api/versioning).
 */
package llm.core.dialect.anthropic.upstream;
