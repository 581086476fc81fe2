/**
 * The part of Jinja that chat templates of models are written in: see {@code docs/local.md}. What
 * is not known is refused with its line; nothing outside the given values can be reached.
 */
package llm.core.template.jinja;
