/**
 * Answers that are given again: those that were kept, and those that are just being given to
 * somebody who asked the same.
 */
package llm.core.cache;
