/** The values of templates: Python's, with strings that know where their characters come from. */
package llm.core.template.value;
