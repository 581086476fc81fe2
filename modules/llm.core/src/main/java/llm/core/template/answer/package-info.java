/** What models write, taken apart while it comes: reasoning, text and calls of tools. */
package llm.core.template.answer;
